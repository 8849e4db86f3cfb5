import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { build } from 'esbuild';
import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { tempFolder } from '../../../../kit/temp-folder.js';

const ROUNDS = 30;

/** As one file without types, which starts in a fraction of the time. */
async function buildWriter(folder: string): Promise<string> {
  const outfile = join(folder, 'writer.cjs');
  const entryPoints = [fileURLToPath(new URL('write-until-killed.ts', import.meta.url))];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' });
  return outfile;
}

async function kill9(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Starts a writer, kills it after `lines` lines, and returns the highest acknowledged generations. */
async function writeAndKill(
  t: ExecutionContext,
  writer: string,
  path: string,
  lines: number,
): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => kill9(child));
  const acknowledged = new Map<string, number>();
  let seen = 0;
  const reader = createInterface({ input: child.stdout });
  const read = once(reader, 'close');
  reader.on('line', (line) => {
    const [id = '', generation] = line.split(' ');
    acknowledged.set(id, Number(generation));
    if (++seen === lines) child.kill('SIGKILL');
  });
  await read;
  await kill9(child);
  t.true(seen >= lines, 'the writer ended by itself');
  return acknowledged;
}

test(`lowdb store: ${ROUNDS} times kill -9 in the middle of writing, and every acknowledged write is there`, async (t) => {
  t.timeout(ROUNDS * 10_000);
  const folder = await tempFolder(t);
  const path = join(folder, 'data', 'fairlead.json');
  const writer = await buildWriter(folder);
  for (let round = 1; round <= ROUNDS; round++) {
    // Irregular numbers, so that kills hit all moments between two acknowledgements.
    const acknowledged = await writeAndKill(t, writer, path, 8 + ((round * 17) % 41));
    // The lock of the killed writer does not matter, and starting removes it.
    const store = new LowdbStore({ path, logger: new LogRecorder() });
    await store.start();
    for (const [id, generation] of acknowledged) {
      const stored = store.environment(Number(id))?.generation ?? 0;
      t.true(stored >= generation, `round ${round}: environment ${id} is at ${stored}, not ${generation}`);
    }
    await store.stop();
    t.deepEqual(await readdir(join(folder, 'data')), ['fairlead.json']);
  }
});
