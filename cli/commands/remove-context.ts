import type { Command } from 'commander';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import { EXIT, Failure } from '../failure.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';

interface RemoveOptions extends GlobalOptions {
  readonly force?: boolean;
}

/** `fairlead context rm CONTEXT`. */
export function addRemoveContext(context: Command, runtime: Runtime): void {
  context
    .command('rm')
    .alias('remove')
    .description('Remove a Docker context of an environment, and revoke its certificate')
    .argument('<context>', 'name of the context')
    .option('--force', 'even if it is in use')
    .action(async (name: string, _options, command: Command) =>
      removeContext(new Session(runtime), name, command.optsWithGlobals()),
    );
}

async function removeContext(session: Session, name: string, options: RemoveOptions): Promise<void> {
  const store = new ContextStore(dockerFolder(session.runtime));
  const { origin } = (await store.find(name)) ?? {};
  if (origin === undefined)
    throw new Failure(`There is no Docker context ${name} of an environment`, { exitCode: EXIT.notFound });
  if (!options.force && (await store.current()) === name)
    throw new Failure(`${name} is the current Docker context`, {
      nextStep: 'Run docker context use default, or pass --force',
    });
  const hub = session.clientOf(await session.loginOf(origin.hub, options));
  await session.accesses(hub).revoke({ id: origin.accessId, environmentId: origin.environmentId });
  await store.remove(name);
  if (options.json) session.output.json({ removed: name });
  else session.output.line(`Removed context ${name}`);
}
