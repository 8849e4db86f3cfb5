import type { Command } from 'commander';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import { EXIT, Failure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import { revokeToken } from '../hub/token.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';

/** `fairlead logout`. */
export function addLogout(program: Command, runtime: Runtime): void {
  program
    .command('logout')
    .description('Revoke the token and all certificates of this machine, and remove its files and contexts')
    .addHelpText('after', '\nExamples:\n  fairlead logout\n  fairlead logout --hub https://hub.example:9443')
    .action(async (_options, command: Command) => logout(new Session(runtime), command.optsWithGlobals()));
}

/** The hub would refuse the next call as well. */
const HOPELESS: ReadonlySet<number> = new Set([EXIT.unreachable, EXIT.unauthorized]);

async function logout(session: Session, options: GlobalOptions): Promise<void> {
  const { output, accessRecords, runtime } = session;
  const login = await session.storedLogin(session.namedHub(options));
  const hub = session.clientOf(login);
  const accesses = session.accesses(hub);
  const errors: Failure[] = [];
  const attempt = (action: () => Promise<unknown>) =>
    action().catch((error: unknown) => {
      errors.push(failureOf(error));
    });
  const contexts = new ContextStore(dockerFolder(runtime));
  const current = await contexts.current();
  const ours = await contexts.of(login.url);
  for (const { name } of ours) await attempt(() => contexts.remove(name));
  for (const record of await accessRecords.of(login.url)) {
    const isHopeless = errors.some(({ exitCode }) => HOPELESS.has(exitCode));
    if (!isHopeless)
      await attempt(async () => {
        runtime.interrupted.throwIfAborted();
        await accesses.revoke(record);
      });
    await attempt(() => accessRecords.remove(record.id));
  }
  // With it anyone could create further accesses.
  await attempt(() => revokeToken(hub, login.tokenId));
  await session.logins.remove(login.url);

  if (options.json) output.json({ url: login.url, isRevoked: errors.length === 0 });
  else output.line(`Logged out of ${login.url}`);
  if (ours.some(({ name }) => name === current))
    output.note(`The current Docker context was ${current}. Run docker context use default`);
  const [error] = errors;
  if (error === undefined) return;
  throw new Failure(`Logged out, but not everything was revoked or removed: ${error.message}`, {
    exitCode: error.exitCode,
    code: error.code,
    nextStep: `Delete the token "fairlead on ${runtime.hostName}" and its Docker access in the dashboard`,
  });
}
