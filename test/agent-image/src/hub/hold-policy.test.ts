import test from 'ava';
import { HoldPolicy } from '../../../../agent-image/src/hub/hold-policy.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const HUB = 'hub-1';

function setup() {
  const clock = new FakeClock();
  const holds = new HoldPolicy(clock);
  holds.answered(HUB, 50, 0);
  /** Cuts a hold at each of these ages, each followed by a plain check-in. @returns what the last one led to */
  const cutAt = (...agesMs: number[]) => {
    let limit: number | null = null;
    for (const ageMs of agesMs) {
      holds.cut(ageMs);
      limit = holds.answered(HUB, 50, 0);
    }
    return limit;
  };
  return { clock, holds, cutAt };
}

test('hold policy: offers what the hub grants, and nothing before that is known', (t) => {
  const holds = new HoldPolicy(new FakeClock());
  t.is(holds.next(), 0);
  t.is(holds.answered(HUB, 50, 0), null);
  t.is(holds.next(), 50);
  t.is(holds.answered(null, null, 50_000), null, 'nothing new');
  t.is(holds.next(), 50);
  holds.answered(HUB, 0, 0);
  t.is(holds.next(), 0);
});

test('hold policy: after a cut one plain check-in shows whether the hub is the same', (t) => {
  const { holds } = setup();
  holds.cut(30_000);
  t.is(holds.next(), 0);
  t.is(holds.answered(HUB, 50, 0), null);
  t.is(holds.next(), 50);
});

test('hold policy: three cuts at a like age make holds shorter, and later ones again', (t) => {
  const { holds, cutAt } = setup();
  t.is(cutAt(30_000, 31_500), null);
  t.is(cutAt(30_500), 24);
  t.is(holds.next(), 24);
  t.is(cutAt(20_000, 20_000, 20_000), 16);
  t.is(holds.next(), 16);
});

test('hold policy: cuts at ages of any kind are no rule', (t) => {
  const { holds, cutAt } = setup();
  t.is(cutAt(30_000, 12_000, 44_000, 4_000, 30_000, 20_000, 8_000), null);
  t.is(holds.next(), 50);
});

test('hold policy: a hold that lasts longer disproves the cuts before it', (t) => {
  const { holds, cutAt } = setup();
  t.is(cutAt(30_000, 30_000), null);
  holds.answered(null, null, 50_000);
  t.is(cutAt(30_000, 30_000), null);
  holds.answered(null, null, 10_000);
  t.is(cutAt(30_000), 24, 'a shorter one does not');
});

test('hold policy: where even short holds are cut it polls plainly, and tries again after ten minutes', (t) => {
  const { holds, clock, cutAt } = setup();
  t.is(cutAt(3_000, 3_000, 3_000), 0);
  t.is(holds.next(), 0);
  clock.advance(10 * 60_000 - 1);
  t.is(holds.next(), 0);
  clock.advance(1);
  t.is(holds.next(), 50);
});

test('hold policy: a hold that the hub’s restart ended is not counted, nor what was before it', (t) => {
  const { holds, cutAt } = setup();
  cutAt(3_000, 3_000);
  holds.cut(3_000);
  t.is(holds.answered('hub-2', 50, 0), null);
  holds.cut(3_000);
  t.is(holds.answered('hub-2', 50, 0), null);
  t.is(holds.next(), 50);
});

test('hold policy: a hold that the network’s failure ended is not counted', (t) => {
  const { holds, cutAt } = setup();
  cutAt(3_000, 3_000);
  holds.cut(3_000);
  holds.failed();
  t.is(holds.answered(HUB, 50, 0), null);
  t.is(holds.next(), 50);
});
