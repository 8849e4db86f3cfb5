import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Scope } from './scope.js';

/** A process under test, with what it printed. */
export interface Child {
  readonly pid: number;
  /** Standard output and standard error, line by line in order of arrival. */
  readonly lines: readonly string[];
  /** Resolves to the first line, past or future, that matches. Rejects when the process ends or after `ms`. */
  untilLine(pattern: RegExp, ms?: number): Promise<string>;
  /** Sends a signal and waits for the end. Resolves to the exit code, or the signal's name. */
  kill(signal?: NodeJS.Signals): Promise<number | string>;
  /** Resolves at the end of the process. */
  readonly exited: Promise<number | string>;
}

/** Starts a process that ends with the test at the latest. */
export function startChild(
  t: Scope,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Child {
  const child: ChildProcess = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      notify();
    });
  }
  let isOver = false;
  const exited = once(child, 'exit').then(([code, signal]) => {
    isOver = true;
    setImmediate(notify);
    return code ?? signal;
  });
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!isOver) child.kill(signal);
    return exited;
  };
  t.teardown(() => kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    lines,
    exited,
    kill,
    untilLine: (pattern, ms = 30_000) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const line = lines.find((text) => pattern.test(text));
          if (line === undefined && !isOver) return;
          clearTimeout(timer);
          listeners.delete(check);
          if (line !== undefined) resolve(line);
          else reject(new Error(`ended before ${pattern}:\n${lines.join('\n')}`));
        };
        const timer = setTimeout(() => {
          listeners.delete(check);
          reject(new Error(`no line ${pattern} within ${ms} ms:\n${lines.join('\n')}`));
        }, ms);
        listeners.add(check);
        check();
      }),
  };
}
