import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SnapshotFiles } from '../../../plugin/server-hooks/environments/snapshot-files.js';
import type { Snapshot } from '../../../protocol/snapshot.js';
import { LogRecorder } from '../../helpers/log-recorder.js';
import { tempFolder } from '../../helpers/temp-folder.js';

function snapshot(running: number): Snapshot {
  return {
    takenAt: new Date(running * 1000).toISOString(),
    engine: {
      ...{ id: 'e', name: 'ü\n', version: '28.0', apiVersion: '1.48', os: 'Debian', arch: 'x86_64' },
      ...{ kernel: '6.1', cpus: 2, memoryBytes: 2 ** 33, kind: 'docker' },
    },
    counts: { containers: 9, running, paused: 0, stopped: 1, images: 2, volumes: 3, networks: 4 },
    containers: [
      {
        ...{ id: 'c', names: ['/web'], image: 'nginx', state: 'running', status: 'Up' },
        ...{ createdAt: '2030-01-01T00:00:00Z', labels: { password: 'hush\n' } },
      },
    ],
    ...{ images: [], volumes: [], networks: [] },
    swarm: { id: 's', nodeId: 'n', role: 'manager', managers: 1, nodes: 3 },
    errors: [{ part: 'volumes', code: 'engine-unreachable' }],
  };
}

function summary({ takenAt, counts, engine, swarm }: Snapshot) {
  return { takenAt, counts, engine, swarm };
}

const A = { id: '6e0b3c2e-1111-4222-8333-44445555666a', node: null };
const B = { id: '6e0b3c2e-1111-4222-8333-44445555666b', node: null };
const nameOf = (environmentId: number, { id } = A) => `${environmentId}.${id}.json`;

/** What the file of an instance holds; the items as they are in it. */
async function read(files: SnapshotFiles, environmentId: number, { id } = A) {
  const file = await files.open(environmentId, id);
  if (!file) return null;
  try {
    let text = '';
    for await (const piece of file.read('containers')) text += piece;
    return { summary: file.summary, containers: JSON.parse(`[${text}]`) };
  } finally {
    await file.close();
  }
}

function content(taken: Snapshot) {
  return { summary: summary(taken), containers: taken.containers };
}

async function setup(t: ExecutionContext) {
  const dir = join(await tempFolder(t), 'snapshots');
  const instances = [A, B];
  const open = async () => {
    const logger = new LogRecorder();
    const files = new SnapshotFiles({ dir, logger, instancesOf: () => instances });
    t.teardown(() => files.stop());
    await files.start();
    return { files, logger };
  };
  return { dir, instances, open, ...(await open()) };
}

test('snapshot files: none before the first', async (t) => {
  const { files, logger } = await setup(t);
  t.is(await read(files, 1), null);
  t.is(files.summaries(1).get(A.id), undefined);
  t.deepEqual(logger.lines, []);
});

test('snapshot files: the latest snapshot is there, its summary without a look at the disk, also after a restart', async (t) => {
  const { files, open, dir } = await setup(t);
  await files.write(7, A, snapshot(1));
  await files.write(7, A, snapshot(2));
  await files.write(8, A, { ...snapshot(3), engine: null, swarm: null });
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

test('snapshot files: writes and deletions happen in the order they were asked for', async (t) => {
  const { files } = await setup(t);
  const steps = Array.from({ length: 20 }, (_, i) => files.write(1, A, snapshot(i)));
  steps.push(files.delete(1));
  const last = files.write(2, A, snapshot(1));
  await Promise.all([...steps, last]);
  t.is(await read(files, 1), null);
  t.is(files.summaries(1).get(A.id), undefined);
  t.deepEqual(await read(files, 2), content(snapshot(1)));
});

test('snapshot files: stop waits for what is under way, and is safe to call twice', async (t) => {
  const { files, dir } = await setup(t);
  const written = [files.write(1, A, snapshot(1)), files.write(1, A, snapshot(2))];
  await files.stop();
  await files.stop();
  t.regex(await readFile(join(dir, nameOf(1)), 'utf8'), /"running":2/);
  await Promise.all(written);
});

test('snapshot files: deleting what is not there is fine', async (t) => {
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
    t.like(logger.lines[0], { fields: { environmentId: 3, cause: 'damaged' } });
    t.notRegex(JSON.stringify(logger.lines), /hush/);
    await files.write(3, A, snapshot(1));
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

test('snapshot files: a write that fails rejects, keeps the one before, and does not stop the next', async (t) => {
  const { files, dir } = await setup(t);
  await files.write(1, A, snapshot(1));
  const bad = {
    ...snapshot(2),
    get errors(): never {
      throw new RangeError('cannot be written');
    },
  };
  await t.throwsAsync(files.write(1, A, bad), { instanceOf: RangeError });
  t.deepEqual(files.summaries(1).get(A.id), summary(snapshot(1)));
  t.deepEqual(await read(files, 1), content(snapshot(1)));
  await files.write(1, A, snapshot(3));
  t.deepEqual(await read(files, 1), content(snapshot(3)));
  t.deepEqual(await readdir(dir), [nameOf(1)]);
});

test('snapshot files: the longest summary there can be is read at the start', async (t) => {
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
  await files.write(1, A, longest);
  t.deepEqual((await open()).files.summaries(1).get(A.id), summary(longest));
});

test('snapshot files: a disk that fails is told once, keeps what is known, and once more when it is well', async (t) => {
  const { files, dir, logger } = await setup(t);
  await files.write(7, A, snapshot(1));
  await rm(dir, { recursive: true });
  for (let i = 0; i < 2; i++) {
    await t.throwsAsync(files.write(7, A, snapshot(2)), { code: 'snapshot-unwritable' });
  }
  t.true(files.isFailing);
  t.deepEqual(files.summaries(7).get(A.id), summary(snapshot(1)));
  await mkdir(dir);
  await files.write(7, A, snapshot(3));
  t.false(files.isFailing);
  t.deepEqual(await read(files, 7), content(snapshot(3)));
  t.deepEqual(
    logger.lines.map(({ level }) => level),
    ['error', 'info'],
  );
});

test('snapshot files: each instance has its own; that of one that was replaced goes with the next that is written', async (t) => {
  const { files, dir, instances } = await setup(t);
  await files.write(1, A, snapshot(1));
  const before = files.summaries(1);
  await files.write(1, B, snapshot(2));
  t.deepEqual(await read(files, 1, A), content(snapshot(1)));
  t.deepEqual(await read(files, 1, B), content(snapshot(2)));
  t.deepEqual([...before.keys()], [A.id], 'who has a look at it sees what there was');
  instances.splice(0, 1);
  t.is(files.summaries(1).size, 2, 'the last that is known of an agent that is gone');
  await files.write(1, B, snapshot(3));
  t.deepEqual(await readdir(dir), [nameOf(1, B)]);
  t.deepEqual([...files.summaries(1).keys()], [B.id]);
  await files.write(1, A, snapshot(4));
  t.deepEqual(await readdir(dir), [nameOf(1, B)], 'it comes too late');
  await files.delete(1);
  t.deepEqual(await readdir(dir), []);
});

test('snapshot files: one that is read stays as it was while the next takes its place', async (t) => {
  const { files } = await setup(t);
  await files.write(1, A, snapshot(1));
  const file = await files.open(1, A.id);
  await files.write(1, A, { ...snapshot(2), containers: [] });
  let text = '';
  for await (const piece of file?.read('containers') ?? []) text += piece;
  t.deepEqual(JSON.parse(`[${text}]`), snapshot(1).containers);
  await file?.close();
});

test('snapshot files: one that was cut off, or goes on after its end, counts as absent', async (t) => {
  const { files, dir } = await setup(t);
  for (const change of [
    (text: string) => text.slice(0, -1),
    (text: string) => `${text}]`,
    (text: string) => text.slice(0, text.indexOf('\n')),
  ]) {
    await files.write(1, A, snapshot(1));
    const path = join(dir, nameOf(1));
    await writeFile(path, change(await readFile(path, 'utf8')));
    t.is(await read(files, 1), null);
  }
});

test('snapshot files: one that is cut off while it is read is no whole one', async (t) => {
  const { files, dir } = await setup(t);
  await files.write(1, A, snapshot(1));
  const file = await files.open(1, A.id);
  await truncate(join(dir, nameOf(1)), 1);
  const pieces = file?.read('containers');
  await t.throwsAsync(async () => pieces?.next(), { code: 'snapshot-damaged' });
  await file?.close();
});

test('snapshot files: all agents of an environment together have room for so much', async (t) => {
  const dir = await tempFolder(t);
  const bytes = Buffer.byteLength(JSON.stringify(snapshot(1)));
  const files = new SnapshotFiles({
    ...{ dir, logger: new LogRecorder(), instancesOf: () => [A, B] },
    maxEnvironmentBytes: 2 * bytes,
  });
  await files.start();
  await files.write(1, A, snapshot(1));
  const large = { ...snapshot(2), containers: [...snapshot(2).containers, ...snapshot(2).containers] };
  const full = { code: 'snapshot-space-full', status: 507 };
  t.like(await t.throwsAsync(files.write(1, B, large)), full);
  t.deepEqual([...files.summaries(1).keys()], [A.id]);
  await t.notThrowsAsync(files.write(2, B, large), 'of each environment');
  await t.notThrowsAsync(files.write(1, A, large), 'its older one makes room');
  t.deepEqual(await read(files, 1), content(large));
  t.false(files.isFailing);
});

test('snapshot files: an instance id that is no UUID is no part of a path', async (t) => {
  const { files, instances } = await setup(t);
  const odd = { id: '../../x', node: null };
  instances.push(odd);
  await t.throwsAsync(files.write(1, odd, snapshot(1)), { instanceOf: RangeError });
});
