import { EventEmitter } from 'node:events';
import { homedir, hostname, tmpdir } from 'node:os';
import { systemClock } from '../protocol/time/clock.js';
import { EXIT, Failure, interruption } from './failure.js';
import { run } from './program.js';

/** The build replaces it with the version of package.json. */
const VERSION = process.env.FAIRLEAD_VERSION ?? '0.0.0-source';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const interrupt = new AbortController();
const signals = new EventEmitter();
for (const name of SIGNALS)
  process.on(name, () => {
    // The second one does not wait, unless a command gets it.
    if (interrupt.signal.aborted && signals.listenerCount('signal') === 0) process.exit(EXIT.interrupted);
    interrupt.abort(interruption());
    signals.emit('signal', name);
  });

// `fairlead env ls | head` needs no more: it ends as an interrupted command does, with the exit code of SIGPIPE in shells.
let isOutputClosed = false;
process.stdout.on('error', () => {
  isOutputClosed = true;
  process.exitCode = EXIT.outputClosed;
  interrupt.abort(new Failure('', { exitCode: EXIT.outputClosed }));
});

// A terminal that was closed must not keep a command from cleaning up.
process.stderr.on('error', () => undefined);

const exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  homeFolder: homedir(),
  tempFolder: tmpdir(),
  hostName: hostname(),
  version: VERSION,
  clock: systemClock,
  random: Math.random,
  interrupted: interrupt.signal,
  signals,
});
// A closed output may be noticed before or after the end.
if (!isOutputClosed) process.exitCode = exitCode;
