import test from 'ava';
import { IdleTimer } from '../../../../agent-image/src/tunnel/idle-timer.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

function setup() {
  const clock = new FakeClock();
  let runs = 0;
  const idle = new IdleTimer({ clock, inactivityMs: 5_000, onIdle: () => runs++ });
  return { clock, idle, runs: () => runs };
}

test('idle timer: runs out once after the inactivity time, and again when touched', (t) => {
  const { clock, idle, runs } = setup();
  idle.touch();
  clock.advance(4_999);
  t.is(runs(), 0);
  clock.advance(1);
  t.is(runs(), 1);
  clock.advance(60_000);
  t.is(runs(), 1);
  idle.touch();
  clock.advance(5_000);
  t.is(runs(), 2);
});

test('idle timer: keep-alives alone prolong it', (t) => {
  const { clock, idle, runs } = setup();
  for (let i = 0; i < 100; i++) {
    idle.touch();
    clock.advance(4_999);
  }
  t.is(runs(), 0);
});

test('idle timer: does not run while a stream is open, even a silent one', (t) => {
  const { clock, idle, runs } = setup();
  idle.touch();
  const [one, two] = [idle.enter(), idle.enter()];
  clock.advance(3_600_000);
  one();
  one();
  clock.advance(3_600_000);
  idle.touch();
  clock.advance(3_600_000);
  t.is(runs(), 0);
  two();
  clock.advance(4_999);
  t.is(runs(), 0);
  clock.advance(1);
  t.is(runs(), 1);
});

test('idle timer: counts from the end of the last use, however late the stream closes', (t) => {
  const { clock, idle, runs } = setup();
  const [used, kept] = [idle.enter(), idle.enter()];
  clock.advance(1_000);
  const endedMs = clock.monotonic();
  clock.advance(2_000);
  used();
  clock.advance(1_000);
  kept(endedMs);
  clock.advance(3_999);
  t.is(runs(), 0);
  clock.advance(1);
  t.is(runs(), 1);
  idle.enter()(endedMs);
  clock.advance(4_999);
  t.is(runs(), 1, 'its opening was use');
});

test('idle timer: runs out when a stream closes whose use ended too long ago', (t) => {
  const { clock, idle, runs } = setup();
  const kept = idle.enter();
  const endedMs = clock.monotonic();
  clock.advance(8_000);
  kept(endedMs);
  t.is(runs(), 0);
  clock.advance(0);
  t.is(runs(), 1);
});

test('idle timer: stays stopped when streams end later', (t) => {
  const { clock, idle, runs } = setup();
  const leave = idle.enter();
  idle.stop();
  idle.stop();
  leave();
  idle.touch();
  t.is(clock.pending, 0);
  clock.advance(60_000);
  t.is(runs(), 0);
});
