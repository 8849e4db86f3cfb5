import { type Command, Option } from 'commander';
import type { EnvironmentStatus, EnvironmentView } from '../../plugin/api.js';
import { listEnvironments } from '../hub/environments.js';
import type { Runtime } from '../runtime.js';
import { type GlobalOptions, Session } from '../session.js';
import { ago } from '../terminal/duration.js';
import { alignTable } from '../terminal/table.js';
import { collect, collectChoice } from './parse-options.js';

const STATUSES: readonly EnvironmentStatus[] = ['new', 'online', 'degraded', 'offline', 'refused'];

interface ListOptions extends GlobalOptions {
  readonly status: readonly string[];
  readonly tag: readonly string[];
  readonly search?: string;
  readonly quiet?: boolean;
}

/** `fairlead env ls`. */
export function addListEnvironments(program: Command, runtime: Runtime): void {
  program
    .command('env')
    .description('Manage environments')
    .helpCommand(false)
    .command('ls')
    .alias('list')
    .description('List environments')
    .addOption(
      new Option('--status <status>', 'only with this status; several times: with one of them')
        .choices(STATUSES)
        .default([], 'any')
        .argParser(collectChoice(STATUSES)),
    )
    .addOption(
      new Option('--tag <tag>', 'only with this tag; several times: with all of them')
        .default([], 'any')
        .argParser(collect),
    )
    .option('--search <words>', 'only with these words in name, tags or Edge ID')
    .option('-q, --quiet', 'names only')
    .addHelpText(
      'after',
      `
Examples:
  fairlead env ls --status offline --status degraded
  fairlead env ls -q --tag north | xargs -d '\\n' -n 1 fairlead open --`,
    )
    .action(async (_options, command: Command) => list(new Session(runtime), command.optsWithGlobals()));
}

async function list(session: Session, options: ListOptions): Promise<void> {
  const { output, runtime } = session;
  const { items, hubTime = runtime.clock.now() } = await listEnvironments(
    await session.client(options),
    options,
  );
  if (options.json) output.json(items);
  else if (options.quiet) for (const { name } of items) output.line(name);
  else {
    const rows = items.map((item) => toRow(item, hubTime));
    for (const line of alignTable([['NAME', 'STATUS', 'TUNNEL', 'ENGINE', 'LAST CHECK-IN'], ...rows]))
      output.line(line);
  }
}

function toRow({ name, status, tunnel, engine, lastCheckInAt }: EnvironmentView, hubTime: number): string[] {
  const seen = lastCheckInAt === null ? '-' : ago(hubTime - Date.parse(lastCheckInAt));
  return [name, status, tunnel, engine?.version ?? '-', seen];
}
