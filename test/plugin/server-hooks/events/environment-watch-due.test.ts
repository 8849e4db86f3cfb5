import test from 'ava';
import { problem } from '../../../../protocol/problems.js';
import { watchSetup } from './environment-watch-setup.js';

test('watch: check-ins without news, and time, cost no evaluations but one in an interval and 10 s', (t) => {
  const count = 100;
  const { clock, recordCheckIn, evaluations } = watchSetup(count);
  const checkIn = () => {
    for (let id = 1; id <= count; id++) recordCheckIn(id);
  };
  checkIn();
  clock.advance(60_000);
  evaluations();
  clock.advance(600_000);
  t.is(evaluations(), 10 * count, 'silent ones: once a minute');
  checkIn();
  clock.advance(1_000);
  evaluations();
  for (let seconds = 0; seconds < 600; seconds += 5) {
    checkIn();
    clock.advance(5_000);
  }
  const average = evaluations() / count;
  t.true(average > 25 && average <= 41, `${average} in ten minutes`);
});

test('watch: an agent whose interval is shortened falls silent by the new one', (t) => {
  const { clock, recordCheckIn, drain } = watchSetup();
  recordCheckIn(1, 'up', 3_600_000);
  clock.advance(5_000);
  recordCheckIn(1);
  clock.advance(1_000);
  drain();
  clock.advance(19_000);
  t.deepEqual(drain(), []);
  clock.advance(200);
  t.like(drain(), [{ id: 1, changes: { status: 'offline' } }]);
});

test('watch: a refusal is no longer a status after five minutes', (t) => {
  const { clock, live, drain } = watchSetup();
  live.of(1).presence.refused(problem('edge-id-mismatch'));
  clock.advance(100);
  t.like(drain(), [{ changes: { status: 'refused' } }]);
  clock.advance(300_000 - 100);
  t.deepEqual(drain(), []);
  clock.advance(200);
  t.like(drain(), [{ changes: { status: 'offline', problem: null } }]);
});

test('watch: a lapsed demand that a longer inactivity limit revives is reported at the next tick', (t) => {
  const { clock, live, store, drain } = watchSetup();
  live.of(1).tunnels.slot().demand();
  clock.advance(302_000);
  t.like(drain().at(-1), { changes: { tunnel: 'idle' } });
  void store.updateSettings((current) => ({ ...current, inactivitySeconds: 600 }));
  clock.advance(100);
  t.like(drain(), [{ type: 'settings-changed' }, { id: 1, changes: { tunnel: 'required' } }]);
});
