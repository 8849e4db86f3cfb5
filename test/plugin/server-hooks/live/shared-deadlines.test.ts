import test from 'ava';
import { SharedDeadlines } from '../../../../plugin/server-hooks/live/shared-deadlines.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

function setup() {
  const clock = new FakeClock();
  const deadlines = new SharedDeadlines(clock);
  const passed: string[] = [];
  const add = (waitMs: number, name: string) => {
    const one = { expire: () => void passed.push(name) };
    const deadline = deadlines.add(waitMs, one);
    return () => deadline.cancel(one);
  };
  return { clock, passed, add };
}

test('shared deadlines: those of one tick share a timer and pass together, early by less than a tick', (t) => {
  const { clock, passed, add } = setup();
  add(50_000, 'a');
  add(50_099, 'b');
  add(50_100, 'c');
  t.is(clock.pending, 2);
  clock.advance(49_999);
  t.deepEqual(passed, []);
  clock.advance(1);
  t.deepEqual(passed, ['a', 'b']);
  clock.advance(100);
  t.deepEqual(passed, ['a', 'b', 'c']);
  t.is(clock.pending, 0);
});

test('shared deadlines: a cancelled one does not pass, and the last one takes the timer with it', (t) => {
  const { clock, passed, add } = setup();
  const cancelA = add(1_000, 'a');
  const cancelB = add(1_010, 'b');
  cancelA();
  cancelA();
  t.is(clock.pending, 1);
  cancelB();
  t.is(clock.pending, 0);
  add(1_000, 'c');
  clock.advance(1_000);
  t.deepEqual(passed, ['c']);
});

test('shared deadlines: one that ends another of its tick, or adds one that is due, is not repeated', (t) => {
  const clock = new FakeClock();
  const deadlines = new SharedDeadlines(clock);
  const passed: string[] = [];
  const ended = { expire: () => void passed.push('ended') };
  let cancelEnded = () => {};
  deadlines.add(500, {
    expire: () => {
      passed.push('first');
      cancelEnded();
      deadlines.add(0, { expire: () => void passed.push('added') });
    },
  });
  const deadline = deadlines.add(500, ended);
  cancelEnded = () => deadline.cancel(ended);
  clock.advance(500);
  t.deepEqual(passed, ['first', 'added']);
  t.is(clock.pending, 0);
});

test('shared deadlines: one that is cancelled as it passes does not end the tick that followed', (t) => {
  const clock = new FakeClock();
  const deadlines = new SharedDeadlines(clock);
  const passed: string[] = [];
  const later = (name: string) => deadlines.add(0, { expire: () => void passed.push(name) });
  const one = {
    expire: () => {
      later('a');
      deadline.cancel(one);
      later('b');
      t.is(clock.pending, 1);
    },
  };
  const deadline = deadlines.add(500, one);
  clock.advance(500);
  t.deepEqual(passed, ['a', 'b']);
});
