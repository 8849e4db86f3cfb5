import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { addCompletion } from './commands/completion.js';
import { addConnect } from './commands/connect.js';
import { addContext } from './commands/context.js';
import { addDoctor } from './commands/doctor.js';
import { addExec } from './commands/exec.js';
import { addListEnvironments } from './commands/list-environments.js';
import { addLogin } from './commands/login.js';
import { addLogout } from './commands/logout.js';
import { addOpen } from './commands/open.js';
import { EXIT, type Failure } from './failure.js';
import { failureOf } from './failure-of.js';
import type { Runtime } from './runtime.js';
import { Output } from './terminal/output.js';
import { printable } from './terminal/printable.js';

/** The `fairlead` command with its subcommands. */
function buildProgram(runtime: Runtime, isJson: boolean): Command {
  const { stdout, stderr, version } = runtime;
  const write = (stream: NodeJS.WritableStream) => (text: string) =>
    // Messages repeat arguments.
    void stream.write(text.split('\n').map(printable).join('\n'));
  const program = new Command('fairlead')
    .description('Use Docker Engines that are behind a Fairlead hub')
    .version(version, '-v, --version', 'print the version')
    .option('--hub <url>', 'use this hub instead of the current one')
    .option('--json', 'print JSON')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: write(stdout),
      // The help of a command without its subcommand.
      writeErr: isJson ? () => undefined : write(stderr),
      // Reported as every other error.
      outputError: () => undefined,
    })
    .showSuggestionAfterError()
    .addHelpText('after', '\nfairlead COMMAND --help has more about each command.')
    .exitOverride();
  addLogin(program, runtime);
  addListEnvironments(program, runtime);
  addContext(program, runtime);
  addConnect(program, runtime);
  addExec(program, runtime);
  addOpen(program, runtime);
  addDoctor(program, runtime);
  addLogout(program, runtime);
  addCompletion(program, runtime);
  return program;
}

/**
 * Runs the command with its arguments, without the program's own name.
 * @returns the exit code
 */
export async function run(args: readonly string[], runtime: Runtime): Promise<number> {
  const end = args.indexOf('--');
  // Known before the arguments are parsed: their errors are JSON, too.
  const isJson = args.slice(0, end === -1 ? undefined : end).includes('--json');
  const program = buildProgram(runtime, isJson);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const failure = failureOf(error);
    // A command without its subcommand has shown its help.
    const isReported = !isJson && error instanceof CommanderError && error.code === 'commander.help';
    if (failure.message !== '' && !isReported) report(failure, new Output(runtime), isJson);
    if (runtime.env.FAIRLEAD_DEBUG && error !== failure) runtime.stderr.write(`${inspect(error)}\n`);
    return failure.exitCode;
  }
}

function report({ message, nextStep, code }: Failure, output: Output, isJson: boolean): void {
  if (isJson) output.noteJson({ error: { message, code, nextStep } });
  else {
    output.note(`fairlead: ${message}`);
    if (nextStep !== undefined) output.note(`  → ${nextStep}`);
  }
}
