import type { Command } from 'commander';
import type { Login } from '../config/logins.js';
import { EXIT, Failure } from '../failure.js';
import { parseHubAddress } from '../hub/address.js';
import { establishTrust } from '../hub/trust.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { ask, readSecretFromStdin } from '../terminal/ask.js';
import { printable } from '../terminal/printable.js';

interface LoginOptions extends GlobalOptions {
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly tokenStdin?: boolean;
  readonly passwordStdin?: boolean;
}

/** `fairlead login URL`. */
export function addLogin(program: Command, runtime: Runtime): void {
  program
    .command('login')
    .description('Log in to a hub, and make it the current one')
    .argument('<url>', 'address of the hub: https://hub.example:9443, or with the path of the plugin')
    .option('--ca <file>', "the hub's CA in PEM")
    .option('--fingerprint <sha256>', "SHA-256 fingerprint of the hub's CA")
    .option('--token-stdin', 'read an API token from standard input')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText(
      'after',
      `
Examples:
  fairlead login https://hub.example:9443
  fairlead login hub.example:9443 --fingerprint 5B:0C:…:7E --token-stdin < token.txt`,
    )
    .action(async (url: string, _options, command: Command) =>
      login(new Session(runtime), url, command.optsWithGlobals()),
    );
}

async function login(session: Session, address: string, options: LoginOptions): Promise<void> {
  const { runtime, output, logins } = session;
  if (options.tokenStdin && options.passwordStdin)
    throw new Failure('Use either --token-stdin or --password-stdin', { exitCode: EXIT.usage });
  const url = parseHubAddress(address);
  const former = await logins.find(url);
  const trust = { caFile: options.ca, fingerprint: options.fingerprint, pinned: former?.ca };
  const ca = await establishTrust(runtime, output, url, trust);
  const made: Login = {
    url,
    ca,
    ...(options.tokenStdin
      ? { token: await readSecretFromStdin(runtime, 'token'), tokenId: null }
      : await makeToken(session, url, ca, options)),
  };
  try {
    await session.clientOf(made).call('GET', '/api/environments?limit=1');
    await logins.save(made);
  } catch (error) {
    await revokeToken(session, made, made.tokenId);
    throw error;
  }
  if (former !== undefined) await revokeToken(session, made, former.tokenId);
  if (options.json) output.json({ url, pinned: ca !== null, tokenId: made.tokenId });
  else output.line(`Logged in to ${url}`);
}

/** Ends a token that the command made; one that the user brought stays. Nothing depends on its success. */
async function revokeToken(session: Session, login: Login, tokenId: string | null): Promise<void> {
  if (tokenId === null) return;
  const path = `/api/tokens/${encodeURIComponent(tokenId)}`;
  await session
    .clientOf(login)
    .callHost('DELETE', path, { mustFinish: true })
    .catch(() => undefined);
}

/** Trades the password for a session, the session for a token, and ends the session. */
async function makeToken(
  session: Session,
  url: string,
  ca: string | null,
  { passwordStdin }: LoginOptions,
): Promise<{ token: string; tokenId: string }> {
  const { runtime } = session;
  if (!passwordStdin && !(runtime.stdin.isTTY && runtime.stderr.isTTY))
    throw new Failure('There is no terminal to ask for the password', {
      exitCode: EXIT.usage,
      nextStep: 'Pass --token-stdin or --password-stdin',
    });
  const password = passwordStdin
    ? await readSecretFromStdin(runtime, 'password')
    : await ask(runtime, `Password of ${new URL(url).origin}: `, { isSecret: true });
  const opened = await session
    .clientOf({ url, ca, token: null })
    .callHost<{ token: string }>('POST', '/api/session', { body: { password } })
    .catch((error: unknown) => {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notFound) throw error;
      throw new Failure('This dashboard has no sign-in for commands', {
        nextStep: 'Create a token in the dashboard, and pass it with --token-stdin',
      });
    });
  const signedIn = session.clientOf({ url, ca, token: opened.body.token });
  try {
    const name = `fairlead on ${printable(runtime.hostName)}`.slice(0, 100);
    const { body } = await signedIn.callHost<{ id: string; token: string }>('POST', '/api/tokens', {
      body: { name },
      mustFinish: true,
    });
    return { token: body.token, tokenId: body.id };
  } finally {
    await signedIn.callHost('DELETE', '/api/session', { mustFinish: true }).catch(() => undefined);
  }
}
