import { EventEmitter } from 'node:events';
import { homedir, hostname, tmpdir } from 'node:os';
import { codeOf } from '../protocol/problems/problem.js';
import { systemClock } from '../protocol/time/clock.js';
import { EXIT } from './failure.js';
import { run } from './program.js';
import { printable } from './terminal/printable.js';

/** The build replaces it with the version of package.json. */
const VERSION = process.env.FAIRLEAD_VERSION ?? '0.0.0-source';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const interrupt = new AbortController();
const signals = new EventEmitter();
for (const name of SIGNALS)
  process.on(name, () => {
    // The second one does not wait, unless a command gets it.
    if (interrupt.signal.aborted && signals.listenerCount('signal') === 0) process.exit(EXIT.interrupted);
    interrupt.abort();
    signals.emit('signal', name);
  });

// `fairlead env ls | head` needs no more.
process.stdout.on('error', (error) => {
  process.exit(codeOf(error) === 'EPIPE' ? 0 : 1);
});

// A terminal that was closed must not keep a command from cleaning up.
process.stderr.on('error', () => undefined);

try {
  process.exitCode = await run(process.argv.slice(2), {
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
} catch (error) {
  // A mistake of ours, or of the file system: one line for the user, the rest on request.
  process.stderr.write(`fairlead: ${printable(error instanceof Error ? error.message : String(error))}\n`);
  if (process.env.FAIRLEAD_DEBUG) console.error(error);
  process.exitCode = 1;
}
