import type { Command } from 'commander';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import { EXIT, Failure } from '../failure.js';
import { parseHubAddress } from '../hub/address.js';
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

async function logout(session: Session, options: GlobalOptions): Promise<void> {
  const { logins, output, accessRecords, runtime } = session;
  const login = await logins.find(options.hub === undefined ? undefined : parseHubAddress(options.hub));
  if (login === undefined) throw new Failure('Not logged in', { exitCode: EXIT.unauthorized });
  const hub = session.clientOf(login);
  const accesses = session.accesses(hub);
  const errors: Failure[] = [];
  const attempt = async (action: () => Promise<unknown>) => {
    await action().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      errors.push(error);
    });
  };
  const contexts = new ContextStore(dockerFolder(runtime));
  const ours = await contexts.of(login.url);
  for (const { name } of ours) await contexts.remove(name);
  for (const record of await accessRecords.of(login.url)) {
    // An unreachable hub is not asked again for each of them.
    if (errors.length === 0) await attempt(() => accesses.revoke(record));
    await accessRecords.remove(record.id);
  }
  if (login.tokenId !== null && errors.length === 0)
    await attempt(() =>
      hub.callHost('DELETE', `/api/tokens/${encodeURIComponent(login.tokenId ?? '')}`, { mustFinish: true }),
    );
  await logins.remove(login.url);

  if (options.json) output.json({ url: login.url, isRevoked: errors.length === 0 });
  else output.line(`Logged out of ${login.url}`);
  const [error] = errors;
  if (error === undefined) return;
  throw new Failure(`The files are removed, but the hub did not revoke everything: ${error.message}`, {
    exitCode: error.exitCode,
    nextStep: `Delete the token "fairlead on ${runtime.hostName}" and its Docker access in the dashboard`,
  });
}
