import { EXIT, Failure } from '../failure.js';
import { printable } from '../terminal/printable.js';
import type { HubClient } from './client.js';

const MAX_NAME = 100;

/** A token of the dashboard, and what revokes it. */
export interface Token {
  readonly token: string;
  readonly tokenId: string;
}

/** Makes clients of one hub with a token, or without one. */
type ClientOf = (token: string | null) => HubClient;

/** Trades the password for a session, the session for a token, and ends the session. */
export async function createToken(clientOf: ClientOf, password: string, hostName: string): Promise<Token> {
  const opened = await clientOf(null)
    .callHost<{ token: string }>('POST', '/api/session', { body: { password } })
    .catch((error: unknown) => {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notFound) throw error;
      throw new Failure('This dashboard has no sign-in for commands', {
        nextStep: 'Create a token in the dashboard, and pass it with --token-stdin',
      });
    });
  const signedIn = clientOf(opened.body.token);
  try {
    const name = `fairlead on ${printable(hostName)}`.slice(0, MAX_NAME);
    const { body } = await signedIn.callHost<{ id: string; token: string }>('POST', '/api/tokens', {
      body: { name },
      mustFinish: true,
    });
    return { token: body.token, tokenId: body.id };
  } finally {
    await signedIn.callHost('DELETE', '/api/session', { mustFinish: true }).catch(() => undefined);
  }
}

/** Ends a token that this command created; one that the user brought has no id, and stays. @throws Failure */
export async function revokeToken(hub: HubClient, tokenId: string | null): Promise<void> {
  if (tokenId === null) return;
  await hub.callHost('DELETE', `/api/tokens/${encodeURIComponent(tokenId)}`, { mustFinish: true });
}
