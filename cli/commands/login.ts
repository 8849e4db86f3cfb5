import type { Command } from 'commander';
import type { Login } from '../config/logins.js';
import { EXIT, Failure } from '../failure.js';
import { parseHubAddress } from '../hub/address.js';
import { createToken, revokeToken } from '../hub/token.js';
import { establishTrust } from '../hub/trust.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { ask, readSecretFromStdin } from '../terminal/ask.js';

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
  const made: Login = { url, ca, ...(await obtainToken(session, url, ca, options)) };
  const hub = session.clientOf(made);
  try {
    await hub.call('GET', '/api/environments?limit=1');
    await logins.save(made);
  } catch (error) {
    await revokeToken(hub, made.tokenId).catch(() => undefined);
    throw error;
  }
  // The new one works, whatever happens to the former one.
  if (former !== undefined) await revokeToken(hub, former.tokenId).catch(() => undefined);
  if (options.json) output.json({ url, pinned: ca !== null, tokenId: made.tokenId });
  else output.line(`Logged in to ${url}`);
}

/** The token to use: from standard input, else a new one for the password. */
async function obtainToken(
  session: Session,
  url: string,
  ca: string | null,
  { tokenStdin, passwordStdin }: LoginOptions,
): Promise<Pick<Login, 'token' | 'tokenId'>> {
  const { runtime } = session;
  if (tokenStdin) return { token: await readSecretFromStdin(runtime, 'token'), tokenId: null };
  if (!passwordStdin && !(runtime.stdin.isTTY && runtime.stderr.isTTY))
    throw new Failure('There is no terminal to ask for the password', {
      exitCode: EXIT.usage,
      nextStep: 'Pass --token-stdin or --password-stdin',
    });
  const password = passwordStdin
    ? await readSecretFromStdin(runtime, 'password')
    : await ask(runtime, `Password of ${new URL(url).origin}: `, { isSecret: true });
  return createToken((token) => session.clientOf({ url, ca, token }), password, runtime.hostName);
}
