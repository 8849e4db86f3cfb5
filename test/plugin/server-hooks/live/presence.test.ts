import test from 'ava';
import { Presence } from '../../../../plugin/server-hooks/live/presence.js';
import { problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const PATH = '/agent/check-in';

function setup() {
  const clock = new FakeClock();
  return { clock, presence: new Presence(clock) };
}

test('presence: an agent is live for two intervals and 10 s', (t) => {
  const { clock, presence } = setup();
  t.false(presence.isLive(1, 'a'));
  presence.recordCheckIn(1, 'a', 5_000);
  clock.advance(20_000);
  t.true(presence.isLive(1, 'a'));
  clock.advance(1);
  t.false(presence.isLive(1, 'a'));
  t.is(presence.intervalMs(1, 'a'), 5_000);
  t.is(presence.intervalMs(1, 'b'), null);
});

test('presence: a hold counts as hearing as long as it is open, and no longer than it was to be', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn(1, 'a', 5_000);
  const end = presence.held(1, 'a', 50_000);
  clock.advance(50_000);
  t.true(presence.isLive(1, 'a'));
  // Nobody ended it: the agent went without a word.
  clock.advance(20_001);
  t.false(presence.isLive(1, 'a'));
  end();
  t.false(presence.isLive(1, 'a'));
});

test('presence: the end of an earlier hold ends nothing of the next one', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn(1, 'a', 5_000);
  const endFirst = presence.held(1, 'a', 50_000);
  clock.advance(10_000);
  presence.held(1, 'a', 50_000);
  endFirst();
  clock.advance(49_000);
  t.true(presence.isLive(1, 'a'));
});

test('presence: the wall clock does not decide who is live', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn(1, 'a', 5_000);
  clock.setWall(clock.now() + 86_400_000);
  t.true(presence.isLive(1, 'a'));
});

test('presence: stamps rise for each instance and path by themselves', (t) => {
  const { clock, presence } = setup();
  const now = clock.now();
  t.is(presence.acceptTimestamp(1, 'a', PATH, now), null);
  t.is(presence.acceptTimestamp(1, 'a', PATH, now), now);
  t.is(presence.acceptTimestamp(1, 'a', PATH, now - 1), now);
  t.is(presence.acceptTimestamp(1, 'a', '/agent/snapshot', now), null);
  t.is(presence.acceptTimestamp(1, 'b', PATH, now), null);
  t.is(presence.acceptTimestamp(2, 'a', PATH, now), null);
  t.is(presence.acceptTimestamp(1, 'a', PATH, now + 1), null);
});

test('presence: a stamp from before the hub’s clock was set back does not keep its agent out', (t) => {
  const { clock, presence } = setup();
  const before = clock.now();
  presence.acceptTimestamp(1, 'a', PATH, before);
  clock.setWall(before - 60_000);
  t.is(presence.acceptTimestamp(1, 'a', PATH, before - 60_000), before, 'as far ahead as agents may be');
  clock.setWall(before - 60_001);
  t.is(presence.acceptTimestamp(1, 'a', PATH, before - 60_001), null);
});

test('presence: a refusal is today’s for five minutes, and kept until it is cleared', (t) => {
  const { clock, presence } = setup();
  const at = new Date(clock.now()).toISOString();
  presence.refused(1, problem('duplicate'));
  clock.advance(5 * 60_000);
  t.deepEqual(presence.recentRefusal(1), { code: 'duplicate', at });
  clock.advance(1);
  t.is(presence.recentRefusal(1), null);
  t.deepEqual(presence.lastRefusal(1), { code: 'duplicate', at });
  presence.clearRefusal(1);
  t.is(presence.lastRefusal(1), null);
});

test('presence: what is forgotten begins anew', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn(1, 'a', 5_000, { engine: 'up', problem: 'x' });
  presence.acceptTimestamp(1, 'a', PATH, clock.now());
  t.is(presence.requestSnapshot(1), 1);
  presence.forget(1);
  t.is(presence.facts(1, 'a'), null);
  t.is(presence.lastCheckInAtMs(1), null);
  t.is(presence.snapshotRequest(1), 0);
  t.is(presence.acceptTimestamp(1, 'a', PATH, clock.now()), null);
});
