import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../kit/scope.js';

const LOGGED_MS = 30_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const START_LINE = /^fairlead: dashboard https:\/\/127\.0\.0\.1:(\d+) {2}tunnel 127\.0\.0\.1:(\d+)/;

/** The host as a separate process. */
export interface HostProcess {
  readonly child: ChildProcess;
  /** Resolves once the log has a line that `pattern` matches. */
  logged(pattern: RegExp): Promise<void>;
  /** Exit code and what was written to standard error. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** Killed with the test. */
export function runHost(t: Scope, env: NodeJS.ProcessEnv, args: string[] = []): HostProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'host/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const logged = async (pattern: RegExp) => {
    const signal = AbortSignal.timeout(LOGGED_MS);
    while (!pattern.test(stderr)) await once(child.stderr, 'data', { signal });
  };
  return { child, logged, ended: once(child, 'close').then(([code]) => ({ code, stderr })) };
}

/** Waits for the start line. */
export async function started({ child, ended }: HostProcess) {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const [, port, tunnelPort] = START_LINE.exec(line) ?? [];
    if (port !== undefined) return { port: Number(port), tunnelPort: Number(tunnelPort), lines };
  }
  throw new Error(`ended without a start line: ${JSON.stringify(await ended)}`);
}
