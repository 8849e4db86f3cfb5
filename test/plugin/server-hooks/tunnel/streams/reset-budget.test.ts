import test from 'ava';
import { ResetBudget } from '../../../../../plugin/server-hooks/tunnel/streams/reset-budget.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';

test('reset budget: stays below a burst of 1,000 resets and 33 a second, whatever the pattern', (t) => {
  const clock = new FakeClock();
  const budget = new ResetBudget(clock);
  const taken = (times: number) => Array.from({ length: times }, () => budget.spend()).filter(Boolean).length;
  t.is(taken(2_000), 500);
  clock.advance(1_000);
  t.is(taken(2_000), 30);
  clock.advance(3_600_000);
  t.is(taken(2_000), 500);
});

test('reset budget: an occasional reset is always allowed', (t) => {
  const clock = new FakeClock();
  const budget = new ResetBudget(clock);
  for (let i = 0; i < 10_000; i++) {
    clock.advance(34);
    t.true(budget.spend());
  }
});
