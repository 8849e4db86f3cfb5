import { randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { EnvironmentAdmin } from '../../../../plugin/server-hooks/environments/admin.js';
import { KeyExpiry } from '../../../../plugin/server-hooks/environments/key-expiry.js';
import { type Problem, problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryDatabase } from '../../../kit/hub/memory-database.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const START = Date.parse('2030-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const TWELVE_YEARS_MS = 12 * 365 * 24 * 60 * MINUTE_MS;
const LASTING = { generation: 2, secretHash: 'a', expiresAt: null };
const ENDING = { generation: 1, secretHash: 'b', expiresAt: new Date(START + MINUTE_MS).toISOString() };

/** Lets time pass in steps, so that each write is over before the next. */
async function passBy(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await turn();
  }
}

/** Environments `rotating` have an old key that ends after a minute; `ended` and `revoked` are what was asked for. */
function setup(ids: readonly number[], rotating: readonly number[], wallMs = START) {
  const clock = new FakeClock(wallMs);
  const logger = new LogRecorder();
  const store = new MemoryStore();
  const put = (id: number, isRotating: boolean) =>
    store.put(sampleEnvironment(id, { keys: isRotating ? [ENDING, LASTING] : [LASTING] }));
  for (const id of ids) put(id, rotating.includes(id));
  const ended: number[] = [];
  const revoked: number[] = [];
  const admin = {
    failure: null as Problem | null,
    endKeys: async (id: number, generations: readonly number[]) => {
      if (generations.join() === '1') ended.push(id);
      // The change is visible immediately; a failed write is rolled back.
      put(id, false);
      if (admin.failure) put(id, true);
      if (admin.failure) throw admin.failure;
    },
    revoke: async (id: number) => {
      revoked.push(id);
      return sampleEnvironment(id);
    },
  };
  const expiry = new KeyExpiry({ admin, store, clock, logger });
  const pass = (ms: number) => passBy(clock, ms);
  return { clock, logger, store, put, admin, expiry, pass, ended, revoked };
}

test('key expiry: ends the keys whose overlap is over, and reads no other environment', async (t) => {
  const all = Array.from({ length: 15_000 }, (_, i) => i + 1);
  const { store, expiry, pass, ended, revoked } = setup(all, [7, 9_999]);
  expiry.start();
  store.environments = () => t.fail('all are read once, at the start') as never;
  await pass(MINUTE_MS - 500);
  t.deepEqual(ended, []);
  await pass(500);
  t.deepEqual(ended, [7, 9_999]);
  await pass(MINUTE_MS);
  t.deepEqual([ended.length, revoked.length], [2, 0], 'once each');
});

test('key expiry: follows rotations, ends of overlaps and deletions', async (t) => {
  const { store, put, expiry, pass, ended } = setup([1, 2, 4], [2, 4]);
  expiry.start();
  put(1, true);
  put(3, true);
  put(2, false);
  void store.remove(3);
  void store.updateSettings((current) => ({ ...current, checkInSeconds: 60 }));
  await pass(MINUTE_MS);
  t.deepEqual(ended.sort(), [1, 4]);
});

test('key expiry: a failed write is logged once and retried after a minute', async (t) => {
  const { admin, logger, expiry, pass, ended } = setup([1, 2], [1, 2]);
  expiry.start();
  admin.failure = problem('store-unwritable');
  await pass(2 * MINUTE_MS - 500);
  t.deepEqual(ended, [1, 2], 'one failure does not keep the others');
  await pass(500);
  t.deepEqual(ended, [1, 2, 1, 2]);
  t.deepEqual(
    logger.lines.map(({ level, fields }) => ({ level, ...fields })),
    [1, 2].map((environment) => ({ level: 'error', code: 'store-unwritable', environment })),
  );
  admin.failure = null;
  await pass(MINUTE_MS);
  t.deepEqual(ended, [1, 2, 1, 2, 1, 2]);
});

test('key expiry: while the store cannot be written, grants of an ended key are revoked once', async (t) => {
  const clock = new FakeClock(START);
  const database = new MemoryDatabase();
  const store = new MemoryStore(database);
  const instances = sampleEnvironment(1).instances.flatMap((one) => [
    { ...one, id: 'old', keyGeneration: 1 },
    { ...one, id: 'new', keyGeneration: 2 },
  ]);
  store.put(sampleEnvironment(1, { generation: 3, keys: [ENDING, LASTING], instances }));
  await turn();
  const admin = new EnvironmentAdmin({
    store,
    live: liveEnvironments({ clock, store }),
    snapshots: { delete: async () => undefined },
    clock,
    randomBytes,
    newUuid: randomUUID,
    fingerprint: '',
  });
  const expiry = new KeyExpiry({ admin, store, clock, logger: new LogRecorder() });
  expiry.start();
  t.teardown(() => expiry.stop());
  const pass = (ms: number) => passBy(clock, ms);
  database.isBroken = true;
  await pass(5 * MINUTE_MS);
  t.like(store.environment(1), { generation: 4, keys: [ENDING, LASTING] });
  // The key is valid again, and its new grants are not revoked yet.
  clock.setWall(START);
  await pass(2 * MINUTE_MS);
  t.like(store.environment(1), { generation: 5, keys: [ENDING, LASTING] });
  database.isBroken = false;
  await pass(MINUTE_MS);
  t.like(store.environment(1), { generation: 5, keys: [LASTING], instances: [{ id: 'new' }] });
  t.is(store.environment(1)?.instances.length, 1);
});

test('key expiry: a wrong clock at the start deletes no key', async (t) => {
  const { clock, expiry, pass, ended, revoked } = setup([1], [1], START + TWELVE_YEARS_MS);
  expiry.start();
  await pass(10 * MINUTE_MS);
  t.deepEqual([ended, revoked], [[], []], 'calls with it are refused; no agent can have a tunnel yet');
  clock.setWall(START);
  await pass(MINUTE_MS - 500);
  t.deepEqual(ended, [], 'it is valid again');
});

test('key expiry: a clock that jumps revokes the old key’s credentials once, and deletes the key when its time has passed', async (t) => {
  const { clock, expiry, pass, ended, revoked } = setup([1], [1]);
  expiry.start();
  clock.setWall(START + TWELVE_YEARS_MS);
  await pass(MINUTE_MS / 2);
  t.deepEqual([ended, revoked], [[], [1]]);
  await pass(MINUTE_MS / 2);
  t.deepEqual([ended, revoked], [[1], [1]]);
});

test('key expiry: leaves no timer after a stop', async (t) => {
  const { clock, put, expiry, pass, ended } = setup([1], [1]);
  expiry.start();
  expiry.start();
  t.is(clock.pending, 1);
  expiry.stop();
  expiry.stop();
  t.is(clock.pending, 0);
  put(1, true);
  await pass(MINUTE_MS);
  t.deepEqual(ended, []);
});
