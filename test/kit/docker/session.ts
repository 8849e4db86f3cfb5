import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Scope } from '../scope.js';
import type { DockerSide } from './setup.js';

/** How a docker client ended. */
export interface SessionEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running docker client on pipes. */
export interface DockerSession {
  readonly pid: number;
  /** Its standard input; ending it is the half-close of `echo x | docker …`. */
  readonly stdin: Writable;
  /** Resolves when its output, both streams, matches. */
  untilOutput(pattern: RegExp, ms?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Its end, with everything it printed. Rejects after `ms`. */
  end(ms?: number): Promise<SessionEnd>;
}

export interface SessionOptions {
  /** Added to the side's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where its output goes, besides to {@link SessionEnd.stdout}: it is then not collected. */
  readonly takeStdout?: (stdout: Readable) => void;
}

/** Time limit of a single step of a docker client on a busy machine, ms. */
export const STEP_MS = 30_000;

/** Starts a docker client with pipes for its three streams. It ends with the scope at the latest. */
export function startDocker(
  scope: Scope,
  side: DockerSide,
  args: readonly string[],
  options: SessionOptions = {},
): DockerSession {
  const child = spawn(side.program, [...side.args, ...args], { env: { ...side.env, ...options.env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const listeners = new Set<() => void>();
  const collect = (stream: Readable, parts: Buffer[]) =>
    stream.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      for (const listener of [...listeners]) listener();
    });
  if (options.takeStdout) options.takeStdout(child.stdout);
  else collect(child.stdout, stdout);
  collect(child.stderr, stderr);
  // A client that ends before it has read its input says so by its exit code.
  child.stdin.on('error', () => undefined);
  const text = (parts: Buffer[]) => Buffer.concat(parts).toString();
  // What was left in the pipe would keep it from closing.
  if (options.takeStdout) child.once('exit', () => child.stdout.resume());
  const describe = () => `docker ${args.join(' ')} (${side.kind})\n${text(stdout)}${text(stderr)}`;
  const closed: Promise<SessionEnd> = once(child, 'close').then(([code, signal]) => ({
    code,
    signal,
    stdout: text(stdout),
    stderr: text(stderr),
  }));
  scope.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    untilOutput: (pattern, ms = STEP_MS) =>
      within(ms, closed, describe, (found) => {
        const check = () => {
          if (!pattern.test(`${text(stdout)}${text(stderr)}`)) return;
          listeners.delete(check);
          found();
        };
        listeners.add(check);
        check();
      }),
    signal: (signal) => child.kill(signal),
    end: async (ms = STEP_MS) => {
      await within(ms, null, describe, (found) => closed.then(found));
      return closed;
    },
  };
}

/** Waits for what `subscribe` waits for, but not past `ms` nor past the end of the process. */
export function within(
  ms: number,
  closed: Promise<unknown> | null,
  describe: () => string,
  subscribe: (found: () => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${describe()}`)), ms);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      how();
    };
    subscribe(() => settle(resolve));
    void closed?.then(() => settle(() => reject(new Error(`ended before: ${describe()}`))));
  });
}
