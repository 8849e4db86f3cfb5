import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { tempFolder } from '../temp-folder.js';

/** A hub in a separate process, whose event loop is watched. */
export interface StallMeter {
  /** `http://127.0.0.1:<port>/edge`. */
  readonly url: string;
  /** The longest time that the hub's event loop was blocked during `run`, ms. */
  measure(run: () => Promise<unknown>): Promise<number>;
}

export async function startStallMeter(t: ExecutionContext): Promise<StallMeter> {
  const program = fileURLToPath(new URL('measured-hub.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import=tsx', program, await tempFolder(t)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value ?? '';
  const port = (await nextLine()).slice('port '.length);
  const read = async () => {
    child.stdin.write('max\n');
    return Number((await nextLine()).slice('max '.length));
  };
  return {
    url: `http://127.0.0.1:${port}/edge`,
    measure: async (run) => {
      await read();
      await run();
      return read();
    },
  };
}
