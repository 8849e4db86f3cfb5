import test from 'ava';
import { HoldPolicy } from '../../agent-image/src/hold-policy.js';
import { FakeClock } from '../helpers/fake-clock.js';

function setup() {
  const clock = new FakeClock();
  const holds = new HoldPolicy(clock);
  holds.answered('hub-1', 50);
  return { clock, holds };
}

test('hold policy: offers what the hub grants, and nothing before that is known', (t) => {
  const holds = new HoldPolicy(new FakeClock());
  t.is(holds.next(), 0);
  t.is(holds.answered('hub-1', 50), null);
  t.is(holds.next(), 50);
  t.is(holds.answered(null, null), null, 'nothing new');
  t.is(holds.next(), 50);
  holds.answered('hub-1', 0);
  t.is(holds.next(), 0);
});

test('hold policy: after a cut one plain check-in tells whether the hub is the same; then holds get shorter', (t) => {
  const { holds } = setup();
  holds.cut(30_000);
  t.is(holds.next(), 0);
  t.is(holds.answered('hub-1', 50), 24);
  t.is(holds.next(), 24);
  holds.cut(20_000);
  t.is(holds.answered(null, null), 16);
  t.is(holds.next(), 16);
});

test('hold policy: where even short holds are cut it polls plainly, and tries again after ten minutes', (t) => {
  const { holds, clock } = setup();
  holds.cut(3_000);
  t.is(holds.answered(null, null), 0);
  t.is(holds.next(), 0);
  clock.advance(10 * 60_000 - 1);
  t.is(holds.next(), 0);
  clock.advance(1);
  t.is(holds.next(), 50);
});

test('hold policy: a hold that the hub’s restart ended is not counted', (t) => {
  const { holds } = setup();
  holds.cut(3_000);
  t.is(holds.answered('hub-2', 50), null);
  t.is(holds.next(), 50);
});

test('hold policy: a hold that the network’s failure ended is not counted', (t) => {
  const { holds } = setup();
  holds.cut(3_000);
  holds.failed();
  t.is(holds.answered('hub-1', 50), null);
  t.is(holds.next(), 50);
});
