import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A part of a benchmark in its own process. */
export interface Role {
  /** Its report when it was ready. */
  readonly ready: Record<string, unknown>;
  readonly pid: number;
  /** Returns its counts since the last call. */
  report<T>(): Promise<T>;
  stop(): Promise<void>;
}

/** Starts `bench/roles/<name>.ts` with `input`; resolves when it is ready. */
export async function startRole(name: string, input: Record<string, unknown>): Promise<Role> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = fork(file, [JSON.stringify(input)], { execArgv: ['--import', 'tsx'] });
  const [ready] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}`);
    }),
  ]);
  const report = async <T>() => {
    const [answer] = await Promise.all([once(child, 'message'), child.send('report')]);
    return answer[0] as T;
  };
  return { ready, pid: child.pid ?? 0, report, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
