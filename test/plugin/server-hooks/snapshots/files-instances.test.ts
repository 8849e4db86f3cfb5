import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { SnapshotFiles } from '../../../../plugin/server-hooks/snapshots/files.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tempFolder } from '../../../kit/temp-folder.js';
import { A, B, content, nameOf, read, setup, snapshot, write } from './files-setup.js';

test('snapshot files: each instance has its own; that of a replaced one is removed at the next write', async (t) => {
  const { files, dir, instances } = await setup(t);
  await write(files, 1, A, snapshot(1));
  const before = files.summaries(1);
  await write(files, 1, B, snapshot(2));
  t.deepEqual(await read(files, 1, A), content(snapshot(1)));
  t.deepEqual(await read(files, 1, B), content(snapshot(2)));
  t.deepEqual([...before.keys()], [A.id], 'an earlier copy stays unchanged');
  instances.splice(0, 1);
  t.is(files.summaries(1).size, 2, 'the last snapshot of an offline agent');
  await write(files, 1, B, snapshot(3));
  t.deepEqual(await readdir(dir), [nameOf(1, B)]);
  t.deepEqual([...files.summaries(1).keys()], [B.id]);
  await write(files, 1, A, snapshot(4));
  t.deepEqual(await readdir(dir), [nameOf(1, B)], 'it is too late');
  await files.delete(1);
  t.deepEqual(await readdir(dir), []);
});

test('snapshot files: one that is being read stays unchanged while the next replaces it', async (t) => {
  const { files } = await setup(t);
  await write(files, 1, A, snapshot(1));
  const file = await files.open(1, A.id);
  await write(files, 1, A, { ...snapshot(2), containers: [] });
  let text = '';
  for await (const piece of file?.read('containers') ?? []) text += piece;
  t.deepEqual(JSON.parse(`[${text}]`), snapshot(1).containers);
  await file?.close();
});

test('snapshot files: one that is truncated or has trailing bytes counts as absent', async (t) => {
  const { files, dir } = await setup(t);
  for (const change of [
    (text: string) => text.slice(0, -1),
    (text: string) => `${text}]`,
    (text: string) => text.slice(0, text.indexOf('\n')),
  ]) {
    await write(files, 1, A, snapshot(1));
    const path = join(dir, nameOf(1));
    await writeFile(path, change(await readFile(path, 'utf8')));
    t.is(await read(files, 1), null);
  }
});

test('snapshot files: a missing one is absent; an unreadable one is an error, and is logged', async (t) => {
  const { files, dir, open, logger } = await setup(t);
  await write(files, 1, A, snapshot(1));
  const path = join(dir, nameOf(1));
  await rm(path);
  t.is(await read(files, 1), null);
  t.deepEqual(logger.lines, []);
  await symlink(path, path);
  t.like(await t.throwsAsync(read(files, 1)), { code: 'snapshot-unreadable', status: 503 });
  t.like(logger.lines, [{ level: 'error', fields: { environment: 1, instance: A.id, code: 'ELOOP' } }]);
  t.is((await open()).files.summaries(1).size, 0, 'a hub starts all the same');
  await write(files, 1, A, snapshot(2));
  t.deepEqual(await read(files, 1), content(snapshot(2)));
});

test('snapshot files: one that is truncated while it is read is not complete', async (t) => {
  const { files, dir } = await setup(t);
  await write(files, 1, A, snapshot(1));
  const file = await files.open(1, A.id);
  await truncate(join(dir, nameOf(1)), 1);
  const pieces = file?.read('containers');
  await t.throwsAsync(async () => pieces?.next(), { code: 'snapshot-damaged' });
  await file?.close();
});

test('snapshot files: the agents of an environment share a size limit', async (t) => {
  const dir = await tempFolder(t);
  const bytes = Buffer.byteLength(JSON.stringify(snapshot(1)));
  const files = new SnapshotFiles({
    ...{ dir, logger: new LogRecorder(), instancesOf: () => [A, B] },
    maxEnvironmentBytes: 2 * bytes,
  });
  await files.start();
  await write(files, 1, A, snapshot(1));
  const large = { ...snapshot(2), containers: [...snapshot(2).containers, ...snapshot(2).containers] };
  const full = { code: 'snapshot-space-full', status: 507 };
  t.like(await t.throwsAsync(write(files, 1, B, large)), full);
  t.deepEqual([...files.summaries(1).keys()], [A.id]);
  await t.notThrowsAsync(write(files, 2, B, large), 'of each environment');
  await t.notThrowsAsync(write(files, 1, A, large), 'its older one makes room');
  t.deepEqual(await read(files, 1), content(large));
  t.false(files.isFailing);
});

test('snapshot files: an instance id that is no UUID is never part of a path', async (t) => {
  const { files, instances } = await setup(t);
  const odd = { id: '../../x', node: null };
  instances.push(odd);
  await t.throwsAsync(write(files, 1, odd, snapshot(1)), { instanceOf: RangeError });
});

test('snapshot files: an environment’s snapshots have eight readers at a time; one that ends makes room once', async (t) => {
  const { files } = await setup(t);
  const leaves = Array.from({ length: 8 }, () => files.enter(1));
  t.throws(() => files.enter(1), { code: 'snapshot-busy' });
  t.notThrows(() => files.enter(2));
  leaves[0]?.();
  t.notThrows(() => files.enter(1));
  t.throws(() => files.enter(1), { code: 'snapshot-busy' });
});
