import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { KeyExpiry } from '../../../plugin/server-hooks/environments/key-expiry.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { LogRecorder } from '../../helpers/log-recorder.js';
import { MemoryEnvironments } from '../../helpers/memory-environments.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const LASTING = { generation: 1, secretHash: 'a', expiresAt: null };
const ENDING = { generation: 1, secretHash: 'b', expiresAt: '2030-01-01T00:01:00.000Z' };

/** Rotated are those with the ids `rotating`; `asked` are the ids whose keys were looked at. */
function setup(ids: readonly number[], rotating: readonly number[]) {
  const clock = new FakeClock();
  const logger = new LogRecorder();
  const store = new MemoryEnvironments();
  const put = (id: number, isRotating: boolean) =>
    store.put(sampleEnvironment(id, { keys: isRotating ? [ENDING, LASTING] : [LASTING] }));
  for (const id of ids) put(id, rotating.includes(id));
  const asked: number[] = [];
  const admin = {
    failure: null as EdgeError | null,
    endExpiredKeys: async (id: number) => {
      asked.push(id);
      if (admin.failure) throw admin.failure;
    },
  };
  const expiry = new KeyExpiry({ admin, store, clock, logger });
  const sweep = async () => {
    asked.length = 0;
    clock.advance(500);
    await turn();
    return [...asked];
  };
  return { clock, logger, store, put, admin, expiry, sweep };
}

test('key expiry: looks twice a second at the environments with a key that will end, and at no others', async (t) => {
  const all = Array.from({ length: 15_000 }, (_, i) => i + 1);
  const { store, expiry, sweep } = setup(all, [7, 9_999]);
  expiry.start();
  store.environments = () => t.fail('all are looked at once, at the start') as never;
  t.deepEqual(await sweep(), [7, 9_999]);
  t.deepEqual(await sweep(), [7, 9_999]);
});

test('key expiry: learns of rotations, ends of overlaps and deletions', async (t) => {
  const { store, put, expiry, sweep } = setup([1, 2], [2]);
  expiry.start();
  put(1, true);
  put(3, true);
  t.deepEqual((await sweep()).sort(), [1, 2, 3]);
  put(2, false);
  store.delete(3);
  store.tell(null);
  t.deepEqual(await sweep(), [1]);
});

test('key expiry: what could not be stored is told and tried again', async (t) => {
  const { admin, logger, expiry, sweep } = setup([1, 2], [1, 2]);
  expiry.start();
  admin.failure = new EdgeError('store-unwritable', 'no');
  t.deepEqual(await sweep(), [1, 2], 'one failure does not keep the others');
  t.deepEqual(
    logger.lines.map(({ level, fields }) => ({ level, ...fields })),
    [1, 2].map((environment) => ({ level: 'error', code: 'store-unwritable', environment })),
  );
  admin.failure = null;
  t.deepEqual(await sweep(), [1, 2]);
});

test('key expiry: stopped, it looks at nothing and leaves no timer', async (t) => {
  const { clock, put, expiry, sweep } = setup([1], [1]);
  expiry.start();
  expiry.start();
  t.is(clock.pending, 1);
  expiry.stop();
  expiry.stop();
  t.is(clock.pending, 0);
  put(1, true);
  t.deepEqual(await sweep(), []);
  expiry.start();
  t.deepEqual(await sweep(), [1]);
});
