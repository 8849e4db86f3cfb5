import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { interruption } from '../../../cli/failure.js';
import { run } from '../../../cli/program.js';
import type { Runtime } from '../../../cli/runtime.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import type { Hub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

/** How the command ended, and what it wrote. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A user with a home of their own, in this process. */
export interface CliUser {
  readonly home: string;
  /** Runs the command without a terminal; `input` is its standard input. */
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  /** Starts it: what it writes arrives on `stdout` and `stderr`, `signal` ends it. */
  start(args: readonly string[], options?: RunOptions): RunningCli;
}

export interface RunningCli {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly ended: Promise<CliResult>;
  signal(name: NodeJS.Signals): void;
}

/** A user whose files go with the scope. `env` is on top of nothing but `PATH`. */
export async function cliUser(t: Scope, env: NodeJS.ProcessEnv = {}): Promise<CliUser> {
  const home = await tempFolder(t);
  const start: CliUser['start'] = (args, options = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = { stdout: '', stderr: '' };
    stdout.on('data', (chunk) => {
      texts.stdout += chunk;
    });
    stderr.on('data', (chunk) => {
      texts.stderr += chunk;
    });
    const signals = new EventEmitter();
    const interrupt = new AbortController();
    const runtime: Runtime = {
      env: { PATH: process.env.PATH, ...env, ...options.env },
      stdin: Readable.from(options.input === undefined ? [] : [options.input]),
      stdout,
      stderr,
      homeFolder: home,
      tempFolder: home,
      hostName: 'workstation',
      version: '9.9.9',
      clock: options.clock ?? systemClock,
      random: () => 0.5,
      interrupted: interrupt.signal,
      signals,
    };
    const ended = run(args, runtime).then((code) => ({ code, ...texts }));
    const signal = (name: NodeJS.Signals) => {
      interrupt.abort(interruption());
      signals.emit('signal', name);
    };
    return { stdout, stderr, ended, signal };
  };
  return { home, start, run: (args, options) => start(args, options).ended };
}

/** A user who is logged in to a hub. */
export async function loggedInUser(t: Scope, hub: Hub, env: NodeJS.ProcessEnv = {}): Promise<CliUser> {
  const user = await cliUser(t, env);
  const { code, stderr } = await user.run(
    ['login', hub.origin, '--ca', `${hub.dataDir}/host/ca.pem`, '--password-stdin'],
    { input: `${hub.password}\n` },
  );
  if (code !== 0) throw new Error(`not logged in: ${stderr}`);
  return user;
}
