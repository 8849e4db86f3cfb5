import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { removeCgroups } from './remove-cgroups.js';
import { sweepLeftovers } from './sweep-leftovers.js';

/** Where labs keep their data: on a disk, because images are large and `/tmp` may be memory. */
export const LAB_ROOT = '/var/tmp';

const MARK = 'FAIRLEAD_NAMESPACE';
// bash stays PID 1 (no exec, because of the last command) and reaps orphans.
const INIT = 'ip link set lo up && "$@"; exit $?';

/** Whether this process was started by {@link runInNamespace}. */
export function insideNamespace(): boolean {
  return process.env[MARK] === '1';
}

/**
 * Runs this Node program again, with `args`, in its own network and process namespaces, and resolves with its
 * exit code. Names, addresses and firewall rules of a lab inside do not conflict with others, two checkouts can run
 * at the same time, and all processes, mounts and folders are removed afterwards.
 */
export async function runInNamespace(args: readonly string[]): Promise<number> {
  await sweepLeftovers(LAB_ROOT);
  const dir = await mkdtemp(`${LAB_ROOT}/fairlead-run-${process.pid}-`);
  const unshare = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
  const program = [process.execPath, ...process.execArgv, ...args];
  const child = spawn('unshare', [...unshare, 'bash', '-c', INIT, 'lab', ...program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, [MARK]: '1', FAIRLEAD_LAB_DIR: dir },
  });
  let interrupted = 0;
  const interrupt = (signal: NodeJS.Signals) => {
    interrupted = signal === 'SIGINT' ? 130 : 143;
    child.kill('SIGKILL'); // and with it, by --kill-child, everything inside
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const [code] = await once(child, 'exit');
    return interrupted || (code ?? 1);
  } finally {
    for (const name of await readdir(dir)) await removeCgroups(name);
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** Inside: ends this process when the outer one has ended, even by SIGKILL. */
export function endWithParent(): void {
  process.stdin.on('end', () => process.exit(1)).resume();
  process.stdin.unref();
}
