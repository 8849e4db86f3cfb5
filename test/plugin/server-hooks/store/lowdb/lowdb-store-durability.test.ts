import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { tempFolder } from '../../../../kit/temp-folder.js';
import { sampleEnvironment } from '../sample-environment.js';
import { sampleWebhook } from '../sample-webhook.js';

type Fsync = (error: Error | null) => void;

/**
 * A started store whose fsyncs the test controls. It replaces the `fsync` of the process, so the tests of this file
 * are serial.
 */
async function setup(t: ExecutionContext) {
  const path = join(await tempFolder(t), 'fairlead.json');
  const logger = new LogRecorder();
  const clock = new FakeClock();
  const store = new LowdbStore({ path, logger, clock });
  await store.start();

  const waiting: Fsync[] = [];
  let arrived = () => {};
  let count = 0;
  let held = true;
  const original = fs.fsync;
  const replacement = (fd: number, done: Fsync) => {
    count += 1;
    if (!held) return original(fd, done);
    waiting.push((error) => (error ? done(error) : original(fd, done)));
    arrived();
  };
  fs.fsync = Object.assign(replacement, { __promisify__: original.__promisify__ });

  const next = async () => {
    if (waiting.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    const fsync = waiting.shift();
    if (!fsync) throw new Error('no fsync');
    return fsync;
  };
  const release = () => {
    held = false;
    for (const fsync of waiting.splice(0)) fsync(null);
  };
  t.teardown(async () => {
    release();
    await store.stop();
    fs.fsync = original;
  });
  return { store, path, logger, clock, next, release, count: () => count };
}

const full = () => Object.assign(new Error('disk full'), { code: 'ENOSPC' });
const onDisk = async (path: string) => JSON.parse(await readFile(path, 'utf8')).environments;

/** Whether a promise is settled after the current turn. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  const turn = new Promise((resolve) => setImmediate(resolve, open));
  return (await Promise.race([promise.catch(() => undefined), turn])) !== open;
}

test.serial('lowdb store: a write is acknowledged after its fsync, not before', async (t) => {
  const { store, next, path } = await setup(t);
  const written = store.create(sampleEnvironment);
  const fsync = await next();
  t.false(await isSettled(written));
  t.throws(() => fs.statSync(path), { code: 'ENOENT' });
  fsync(null);
  await written;
  t.is((await onDisk(path)).length, 1);
});

test.serial(
  'lowdb store: writes of one turn share an fsync, and those during it share the next',
  async (t) => {
    const { store, next, count, path } = await setup(t);
    const first = Array.from({ length: 100 }, () => store.create(sampleEnvironment));
    const fsync = await next();
    const second = Array.from({ length: 100 }, () => store.create(sampleEnvironment));
    fsync(null);
    await Promise.all(first);
    t.is((await onDisk(path)).length, 100);
    const later = await next();
    t.false(await isSettled(Promise.race(second)));
    later(null);
    await Promise.all(second);
    t.is(count(), 2);
    t.is((await onDisk(path)).length, 200);
  },
);

test.serial(
  'lowdb store: a failed write is store-unwritable and leaves memory equal to the disk',
  async (t) => {
    const { store, next, release, path } = await setup(t);
    const created = store.create((id) => sampleEnvironment(id, { name: 'a' }));
    (await next())(null);
    const before = await created;
    const settings = store.settings();

    const writes: Promise<unknown>[] = [
      store.update(1, (current) => ({ ...current, name: 'b' })),
      store.create((id) => sampleEnvironment(id, { name: 'a' })),
      store.updateSettings((current) => ({ ...current, checkInSeconds: 99 })),
    ];
    const fsync = await next();
    writes.push(store.create(sampleEnvironment), store.remove(1));
    t.is(store.environment(1), undefined);
    const undone: unknown[] = [];
    store.watch((change) => undone.push(change.kind === 'settings' ? 'settings' : change.id));
    fsync(full());
    for (const write of writes) await t.throwsAsync(write, { code: 'store-unwritable' });
    t.deepEqual(undone.sort(), [1, 2, 3, 'settings']);

    t.deepEqual([...store.environments()], [before]);
    t.is(store.environmentByName('a'), before);
    t.is(store.environmentByName('b'), undefined);
    t.is(store.settings(), settings);
    t.deepEqual(await onDisk(path), [before]);

    release();
    const { id } = await store.create(sampleEnvironment);
    t.is(id, 4, 'a lost id is not used again');
    t.deepEqual(
      (await onDisk(path)).map((item: { id: number }) => item.id),
      [1, 4],
    );
  },
);

test.serial('lowdb store: a write in the same turn as a failure is a new write', async (t) => {
  const { store, next, release, path } = await setup(t);
  const lost = store.create(sampleEnvironment);
  const retry = lost.catch(() => store.create(sampleEnvironment));
  (await next())(full());
  await t.throwsAsync(lost, { code: 'store-unwritable' });
  release();
  await retry;
  t.deepEqual(
    (await onDisk(path)).map((item: { id: number }) => item.id),
    [2],
  );
});

test.serial('lowdb store: a raised generation stays raised when the write fails', async (t) => {
  const { store, next } = await setup(t);
  const created = store.create((id) => sampleEnvironment(id, { generation: 3, tags: ['old'] }));
  (await next())(null);
  await created;
  const revoked = store.update(1, (current) => ({ ...current, generation: 4, tags: ['new'] }));
  (await next())(full());
  await t.throwsAsync(revoked, { code: 'store-unwritable' });
  t.like(store.environment(1), { generation: 4, tags: ['old'] });
});

test.serial('lowdb store: the writes of one turn are stored together or undone together', async (t) => {
  const { store, next, path } = await setup(t);
  const created = store.createWebhook(sampleWebhook('kept'));
  (await next())(null);
  const kept = await created;
  const writeBoth = () => [
    store.create(sampleEnvironment),
    store.updateWebhook('kept', (current) => ({ ...current, messages: [] })),
    store.createWebhook(sampleWebhook('new')),
  ];
  const lost = writeBoth();
  const fsync = await next();
  const removed = store.removeWebhook('kept');
  t.is(store.webhook('kept'), undefined);
  fsync(full());
  for (const write of [...lost, removed]) await t.throwsAsync(write, { code: 'store-unwritable' });
  t.deepEqual([...store.webhooks()], [kept]);
  t.deepEqual([...store.environments()], []);
  const written = writeBoth();
  (await next())(null);
  await written[0];
  const { webhooks, environments } = JSON.parse(await readFile(path, 'utf8'));
  t.deepEqual([webhooks.length, webhooks[0].messages, environments.length], [2, [], 1]);
});

test.serial('lowdb store: a failing disk is logged once, and once more when it works again', async (t) => {
  const { store, next, release, logger } = await setup(t);
  for (let i = 1; i <= 3; i++) {
    const write = store.create(sampleEnvironment);
    (await next())(full());
    const error = await t.throwsAsync<Error & { status: number }>(write, { code: 'store-unwritable' });
    t.is(error?.status, 503);
  }
  release();
  await store.create(sampleEnvironment);
  await store.create(sampleEnvironment);
  t.deepEqual(
    logger.lines.map(({ level }) => level),
    ['error', 'info'],
  );
});

test.serial(
  'lowdb store: after a failure it retries every 5 s, and then the raised generation is on disk',
  async (t) => {
    const { store, clock, next, release, path } = await setup(t);
    const created = store.create((id) => sampleEnvironment(id, { generation: 3 }));
    (await next())(null);
    await created;
    t.false(store.isFailing);
    const revoked = store.update(1, (current) => ({ ...current, generation: 4 }));
    (await next())(full());
    await t.throwsAsync(revoked, { code: 'store-unwritable' });
    t.true(store.isFailing);
    clock.advance(5_000);
    (await next())(full());
    await store.update(1, () => null).catch(() => undefined);
    t.true(store.isFailing);
    clock.advance(5_000);
    const fsync = await next();
    release();
    fsync(null);
    await store.update(1, () => null);
    t.false(store.isFailing);
    t.like(await onDisk(path), [{ id: 1, generation: 4 }]);
  },
);

test.serial('lowdb store: stop waits for the running write and the next one', async (t) => {
  const { store, next, path } = await setup(t);
  const first = store.create(sampleEnvironment);
  const fsync = await next();
  const second = store.create(sampleEnvironment);
  const stopped = store.stop();
  fsync(null);
  (await next())(null);
  await stopped;
  t.true(await isSettled(first));
  t.true(await isSettled(second));
  t.is((await onDisk(path)).length, 2);
});
