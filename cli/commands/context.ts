import type { Command } from 'commander';
import { isContextName } from '../docker/context-name.js';
import { ContextStore, dockerFolder } from '../docker/context-store.js';
import { EnvironmentContexts, type MadeContext } from '../docker/environment-context.js';
import { describeExpiry, expiringContexts } from '../docker/expiring-contexts.js';
import { EXIT, Failure } from '../failure.js';
import { findEnvironment, listEnvironments } from '../hub/environments.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { shellQuote } from '../terminal/shell-quote.js';
import { addRemoveContext } from './remove-context.js';

interface ContextOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly as?: string;
  readonly node?: string;
  readonly force?: boolean;
}

/** `fairlead context NAME`, and its subcommand `rm`. */
export function addContext(program: Command, runtime: Runtime): void {
  const context = program
    .command('context')
    .helpCommand(false)
    .description('Create or renew the Docker context of an environment')
    .usage('[options] <name> | --all')
    .argument('[name]', 'name or id of the environment')
    .option('--all', 'for every environment')
    .option('--node <node>', 'for this node of a Swarm: its id or name')
    .option('--as <context>', "name of the context; default: the environment's")
    .option('--force', 'replace a context of another origin')
    .addHelpText(
      'after',
      `
The private key is created on this machine and stays on it. Running the command again renews the
certificate, and revokes the former one. The docker client is not needed for it.

Examples:
  fairlead context shop && docker --context shop ps
  fairlead context shop --node worker-2
  fairlead context rm shop`,
    )
    .action(async (name: string | undefined, _options, command: Command) =>
      makeContexts(new Session(runtime), name, command.optsWithGlobals()),
    );
  addRemoveContext(context, runtime);
}

async function makeContexts(
  session: Session,
  name: string | undefined,
  options: ContextOptions,
): Promise<void> {
  const { all = false, as: contextName, node, force, json } = options;
  if ((name === undefined) !== all) throw usage('Pass the name of an environment, or --all');
  if (all && (contextName !== undefined || node !== undefined))
    throw usage('--as and --node are for a single environment');
  if (contextName !== undefined && !isContextName(contextName))
    throw usage(`Docker does not accept ${contextName} as a name of a context`);

  const { runtime, output } = session;
  const hub = await session.client(options);
  const environments =
    name === undefined ? (await listEnvironments(hub)).items : [await findEnvironment(hub, name)];
  const store = new ContextStore(dockerFolder(runtime));
  const contexts = new EnvironmentContexts(hub, session.accesses(hub), store);
  const accessName = `context on ${runtime.hostName}`;
  const made: MadeContext[] = [];
  let failed = 0;
  for (const environment of environments) {
    if (runtime.interrupted.aborted) throw new Failure('Interrupted', { exitCode: EXIT.interrupted });
    try {
      const context = await contexts.make(environment, { accessName, node, contextName, isForced: force });
      made.push(context);
      if (!json) output.line(describe(context));
    } catch (error) {
      // One environment does not keep the others from theirs; a hub that cannot be reached does.
      if (!all || !(error instanceof Failure) || error.exitCode !== EXIT.failed) throw error;
      output.note(`${environment.name}: ${error.message}`);
      failed += 1;
    }
  }
  if (json) output.json(made);
  else if (made[0] && !all)
    output.note(`Use it: ${shellQuote(['docker', '--context', made[0].context, 'ps'])}`);
  const now = runtime.clock.now();
  for (const context of await expiringContexts(store, session.accessRecords, hub.url, now)) {
    const { text, nextStep } = describeExpiry(context, now);
    output.note(`Warning: ${text}. ${nextStep}`);
  }
  if (failed > 0) throw new Failure(`${failed} of ${environments.length} contexts were not made`);
}

function describe({ context, isNew, expiresAt }: MadeContext): string {
  return `${isNew ? 'Created' : 'Renewed'} context ${context}, valid until ${expiresAt.slice(0, 10)}`;
}

function usage(message: string): Failure {
  return new Failure(message, { exitCode: EXIT.usage, nextStep: 'See fairlead context --help' });
}
