import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { encodeSnapshot } from '../../../../plugin/server-hooks/snapshots/encode.js';
import { A, content, nameOf, read, setup, snapshot, summary, write } from './files-setup.js';

test('snapshot files: none before the first', async (t) => {
  const { files, logger } = await setup(t);
  t.is(await read(files, 1), null);
  t.is(files.summaries(1).get(A.id), undefined);
  t.deepEqual(logger.lines, []);
});

test('snapshot files: the latest snapshot is kept, and its summary needs no disk access, also after a restart', async (t) => {
  const { files, open, dir } = await setup(t);
  await write(files, 7, A, snapshot(1));
  await write(files, 7, A, snapshot(2));
  await write(files, 8, A, { ...snapshot(3), engine: null, swarm: null });
  t.deepEqual(await read(files, 7), content(snapshot(2)));
  t.deepEqual(files.summaries(7).get(A.id), summary(snapshot(2)));
  await files.stop();
  const again = await open();
  t.deepEqual(again.files.summaries(7).get(A.id), summary(snapshot(2)));
  t.deepEqual(again.files.summaries(8).get(A.id), summary({ ...snapshot(3), engine: null, swarm: null }));
  t.deepEqual(await read(again.files, 7), content(snapshot(2)));
  t.deepEqual((await readdir(dir)).sort(), [nameOf(7), nameOf(8)]);
  t.is((await stat(join(dir, nameOf(7)))).mode & 0o777, 0o600);
});

test('snapshot files: writes and deletions happen in the order of their calls', async (t) => {
  const { files } = await setup(t);
  const steps = Array.from({ length: 20 }, (_, i) => write(files, 1, A, snapshot(i)));
  steps.push(files.delete(1));
  const last = write(files, 2, A, snapshot(1));
  await Promise.all([...steps, last]);
  t.is(await read(files, 1), null);
  t.is(files.summaries(1).get(A.id), undefined);
  t.deepEqual(await read(files, 2), content(snapshot(1)));
});

test('snapshot files: stop waits for pending work, and is safe to call twice', async (t) => {
  const { files, dir } = await setup(t);
  const written = [write(files, 1, A, snapshot(1)), write(files, 1, A, snapshot(2))];
  await files.stop();
  await files.stop();
  t.regex(await readFile(join(dir, nameOf(1)), 'utf8'), /"running":2/);
  await Promise.all(written);
});

test('snapshot files: deleting a missing one succeeds', async (t) => {
  const { files } = await setup(t);
  await t.notThrowsAsync(files.delete(5));
});

for (const [what, text] of Object.entries({
  'an empty file': '',
  'half a file': '{"takenAt":"2030-01-01T00:00:00Z","labels":"hush',
  'another JSON': '{}\n{}\n',
  binary: '\0\u{ffff}hush',
})) {
  test(`snapshot files: ${what} counts as absent, with a warning that quotes nothing, and is replaced`, async (t) => {
    const { dir, open } = await setup(t);
    await writeFile(join(dir, nameOf(3)), text);
    const { files, logger } = await open();
    t.is(files.summaries(3).get(A.id), undefined);
    t.is(await read(files, 3), null);
    t.true(logger.lines.length === 1 && logger.lines.every(({ level }) => level === 'warn'));
    t.like(logger.lines[0], { fields: { environment: 3, code: 'snapshot-damaged' } });
    t.notRegex(JSON.stringify(logger.lines), /hush/);
    await write(files, 3, A, snapshot(1));
    t.deepEqual(await read(files, 3), content(snapshot(1)));
  });
}

test('snapshot files: temp files of a killed process are removed at the start', async (t) => {
  const { dir, open } = await setup(t);
  await writeFile(join(dir, `${nameOf(3)}.123`), 'x');
  await writeFile(join(dir, 'notes.txt'), 'x');
  const { files } = await open();
  t.deepEqual(await readdir(dir), ['notes.txt']);
  t.is(files.summaries(3).get(A.id), undefined);
});

test('snapshot files: a failed write rejects, keeps the previous one, and does not block the next', async (t) => {
  const { files, dir } = await setup(t);
  await write(files, 1, A, snapshot(1));
  const bad = { ...encodeSnapshot(snapshot(2), null), bytes: { length: 7 } as unknown as Uint8Array };
  await t.throwsAsync(files.write(1, A, bad), { code: 'snapshot-unwritable' });
  t.deepEqual(files.summaries(1).get(A.id), summary(snapshot(1)));
  t.deepEqual(await read(files, 1), content(snapshot(1)));
  await write(files, 1, A, snapshot(3));
  t.deepEqual(await read(files, 1), content(snapshot(3)));
  t.deepEqual(await readdir(dir), [nameOf(1)]);
});

test('snapshot files: the longest possible summary is read at the start', async (t) => {
  const { files, open } = await setup(t);
  const wide = '\u2028'.repeat(255);
  const base = snapshot(1);
  const longest = base.engine && {
    ...base,
    takenAt: wide.slice(0, 40),
    engine: {
      ...base.engine,
      ...{ id: wide.slice(0, 128), name: wide, version: wide.slice(0, 64), apiVersion: wide.slice(0, 32) },
      ...{
        os: wide.slice(0, 128),
        arch: wide.slice(0, 64),
        kernel: '\u0001'.repeat(128),
        kind: wide.slice(0, 32),
      },
    },
    swarm: {
      id: wide.slice(0, 64),
      nodeId: wide.slice(0, 64),
      role: '\u0001'.repeat(16),
      managers: 1,
      nodes: 1,
    },
  };
  if (!longest) return t.fail();
  await write(files, 1, A, longest);
  t.deepEqual((await open()).files.summaries(1).get(A.id), summary(longest));
});

test('snapshot files: a failing disk is logged once, loses nothing known, and is logged again when it recovers', async (t) => {
  const { files, dir, logger } = await setup(t);
  await write(files, 7, A, snapshot(1));
  await rm(dir, { recursive: true });
  for (let i = 0; i < 2; i++) {
    await t.throwsAsync(write(files, 7, A, snapshot(2)), { code: 'snapshot-unwritable' });
  }
  t.true(files.isFailing);
  t.deepEqual(files.summaries(7).get(A.id), summary(snapshot(1)));
  await mkdir(dir);
  await write(files, 7, A, snapshot(3));
  t.false(files.isFailing);
  t.deepEqual(await read(files, 7), content(snapshot(3)));
  t.deepEqual(
    logger.lines.map(({ level }) => level),
    ['error', 'info'],
  );
});
