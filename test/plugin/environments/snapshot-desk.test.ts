import test from 'ava';
import { SnapshotDesk } from '../../../plugin/server-hooks/environments/snapshot-desk.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Snapshot } from '../../../protocol/snapshot.js';
import { FakeClock } from '../../helpers/fake-clock.js';

const SNAPSHOT: Snapshot = {
  takenAt: '2030-01-01T00:00:00.000Z',
  engine: null,
  counts: { containers: 0, running: 0, paused: 0, stopped: 0, images: 0, volumes: 0, networks: 0 },
  containers: [],
  images: [],
  volumes: [],
  networks: [],
  swarm: null,
  errors: [],
};

function setup() {
  const clock = new FakeClock();
  const asked: number[] = [];
  const desk = new SnapshotDesk({
    clock,
    presence: { requestSnapshot: (id) => asked.push(id) },
    checkIns: { wake: () => undefined },
    snapshots: { write: async () => undefined },
  });
  return { clock, asked, desk };
}

test('snapshot desk: all who wait get the next one, which need not keep its distance', async (t) => {
  const { clock, asked, desk } = setup();
  await desk.take(1, SNAPSHOT);
  await t.throwsAsync(desk.take(1, SNAPSHOT), { code: 'snapshot-too-soon' });
  const waiting = [desk.request(1, 30_000), desk.request(1, 30_000)];
  t.deepEqual(asked, [1, 1]);
  await desk.take(1, SNAPSHOT);
  t.deepEqual(await Promise.all(waiting), [SNAPSHOT, SNAPSHOT]);
  t.is(clock.pending, 0);
});

test('snapshot desk: who waits for an agent that is sent away is told so, and nobody else', async (t) => {
  const { clock, desk } = setup();
  const gone = [desk.request(1, 30_000), desk.request(1, 30_000)];
  const other = desk.request(2, 30_000);
  desk.refuse(1, new EdgeError('environment-not-found', 'gone'));
  for (const wait of gone) await t.throwsAsync(wait, { code: 'environment-not-found' });
  t.is(clock.pending, 1);
  clock.advance(30_000);
  await t.throwsAsync(other, { code: 'snapshot-timeout' });
});

test('snapshot desk: an environment that is forgotten leaves nothing behind', async (t) => {
  const { desk } = setup();
  await desk.take(1, SNAPSHOT);
  desk.forget(1);
  await t.notThrowsAsync(desk.take(1, SNAPSHOT));
});
