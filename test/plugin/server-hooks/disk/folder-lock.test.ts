import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FolderLock } from '../../../../plugin/server-hooks/disk/folder-lock.js';
import { tempFolder } from '../../../kit/temp-folder.js';

/** A process that does nothing until it is killed. */
async function idleProcess(t: ExecutionContext): Promise<{ pid: number; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.teardown(kill);
  return { pid: child.pid ?? 0, kill };
}

/** What the lock file of this process says, made out as another's. */
async function lockOf(t: ExecutionContext, changes: object): Promise<string> {
  const folder = await tempFolder(t);
  const lock = new FolderLock(folder);
  await lock.acquire();
  const holder = JSON.parse(await readFile(join(folder, 'fairlead.lock-1'), 'utf8'));
  await lock.release();
  return JSON.stringify({ ...holder, ...changes });
}

test('folder lock: is held once, and free after its release; both are safe to call twice', async (t) => {
  const folder = await tempFolder(t);
  const [first, second] = [new FolderLock(folder), new FolderLock(folder)];
  await first.acquire();
  await first.acquire();
  await t.throwsAsync(second.acquire(), { code: 'store-locked' });
  await second.release();
  await t.throwsAsync(second.acquire(), { code: 'store-locked' });
  await first.release();
  await first.release();
  await second.acquire();
  await second.release();
  t.deepEqual(await readdir(folder), []);
});

test('folder lock: a running process keeps it, that of a killed one is taken over', async (t) => {
  const folder = await tempFolder(t);
  const other = await idleProcess(t);
  const text = await lockOf(t, { pid: other.pid, startedAt: null });
  await writeFile(join(folder, 'fairlead.lock-1'), text);
  const lock = new FolderLock(folder);
  const error = await t.throwsAsync(lock.acquire(), { code: 'store-locked' });
  t.true(error?.message.includes(String(other.pid)));
  t.is(await readFile(join(folder, 'fairlead.lock-1'), 'utf8'), text);
  await other.kill();
  await lock.acquire();
  t.deepEqual(await readdir(folder), ['fairlead.lock-2']);
  await lock.release();
  t.deepEqual(await readdir(folder), []);
});

const linuxTest = process.platform === 'linux' ? test : test.skip;

// A hub in a container has the same number each time it starts.
linuxTest(
  'folder lock: a process that only has the number of the old holder is not the holder',
  async (t) => {
    const folder = await tempFolder(t);
    const text = await lockOf(t, { startedAt: 'another boot 1', token: 'old' });
    await writeFile(join(folder, 'fairlead.lock-1'), text);
    const lock = new FolderLock(folder);
    await lock.acquire();
    await lock.release();
    t.deepEqual(await readdir(folder), []);
  },
);

for (const text of ['', '{', 'null', '{"pid":-1,"token":"x"}', '{"pid":0,"token":"x"}', '{"token":"x"}']) {
  test(`folder lock: a lock file with ${text || 'nothing'} in it is no obstacle`, async (t) => {
    const folder = await tempFolder(t);
    await writeFile(join(folder, 'fairlead.lock-1'), text);
    const lock = new FolderLock(folder);
    await lock.acquire();
    await t.throwsAsync(new FolderLock(folder).acquire(), { code: 'store-locked' });
    await lock.release();
    t.deepEqual(await readdir(folder), []);
  });
}

test('folder lock: of many that find a stale one at the same time, one gets it', async (t) => {
  const folder = await tempFolder(t);
  const stale = await lockOf(t, { pid: 2 ** 30, token: 'stale' });
  for (let round = 0; round < 50; round++) {
    await writeFile(join(folder, 'fairlead.lock-1'), stale);
    const locks = Array.from({ length: 8 }, () => new FolderLock(folder));
    const results = await Promise.allSettled(locks.map((lock) => lock.acquire()));
    t.is(results.filter(({ status }) => status === 'fulfilled').length, 1, `round ${round}`);
    await Promise.all(locks.map((lock) => lock.release()));
    t.deepEqual(await readdir(folder), [], `round ${round}`);
  }
});

test('folder lock: errors of the file system are passed on unchanged', async (t) => {
  const lock = new FolderLock(join(await tempFolder(t), 'not-there'));
  await t.throwsAsync(lock.acquire(), { code: 'ENOENT' });
});
