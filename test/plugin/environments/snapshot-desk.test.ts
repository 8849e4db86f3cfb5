import test from 'ava';
import { SnapshotDesk } from '../../../plugin/server-hooks/environments/snapshot-desk.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { EMPTY_SNAPSHOT } from '../../helpers/snapshot.js';

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

test('snapshot desk: snapshots are 10 s apart, whether what was let in came or not', async (t) => {
  const { clock, desk } = setup();
  desk.admit(1);
  desk.admit(2);
  const error = t.throws(() => desk.admit(1), { instanceOf: EdgeError, code: 'snapshot-too-soon' });
  t.like(error, { status: 429, retryAfterSeconds: 10 });
  clock.advance(9_999);
  t.throws(() => desk.admit(1), { code: 'snapshot-too-soon' });
  clock.advance(1);
  t.notThrows(() => desk.admit(1), 'and those that were refused put nothing off');
});

test('snapshot desk: all who wait are told of the next one, which need not keep its distance', async (t) => {
  const { clock, asked, desk } = setup();
  desk.admit(1);
  const waiting = [desk.request(1, 30_000), desk.request(1, 30_000)];
  t.deepEqual(asked, [1, 1]);
  t.notThrows(() => desk.admit(1));
  await desk.take(1, EMPTY_SNAPSHOT);
  await t.notThrowsAsync(Promise.all(waiting));
  t.is(clock.pending, 0);
  t.throws(() => desk.admit(1), { code: 'snapshot-too-soon' }, 'nobody waits any more');
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

test('snapshot desk: an environment that is forgotten leaves nothing behind', (t) => {
  const { desk } = setup();
  desk.admit(1);
  desk.forget(1);
  t.notThrows(() => desk.admit(1));
});
