import test from 'ava';
import { Presence } from '../../../../plugin/server-hooks/live/presence.js';
import { problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const PATH = '/agent/check-in';

function setup() {
  const clock = new FakeClock();
  let changes = 0;
  const presence = new Presence({ clock, startedMs: clock.monotonic(), changed: () => changes++ });
  /** The changes since the last call. */
  const drain = () => {
    const drained = changes;
    changes = 0;
    return drained;
  };
  return { clock, presence, drain };
}

test('presence: an agent is live for two intervals and 10 s', (t) => {
  const { clock, presence } = setup();
  t.false(presence.isLive('a'));
  presence.recordCheckIn('a', 5_000);
  clock.advance(20_000);
  t.true(presence.isLive('a'));
  clock.advance(1);
  t.false(presence.isLive('a'));
});

test('presence: a hold counts as contact while it is open, up to its promised length', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn('a', 5_000);
  const end = presence.held('a', 50_000);
  clock.advance(50_000);
  t.true(presence.isLive('a'));
  // It was not ended: the agent vanished.
  clock.advance(20_001);
  t.false(presence.isLive('a'));
  end();
  t.false(presence.isLive('a'));
});

test('presence: the end of an earlier hold does not affect the next one', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn('a', 5_000);
  const endFirst = presence.held('a', 50_000);
  clock.advance(10_000);
  presence.held('a', 50_000);
  endFirst();
  clock.advance(49_000);
  t.true(presence.isLive('a'));
});

test('presence: the wall clock does not decide whether an agent is live', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn('a', 5_000);
  clock.setWall(clock.now() + 86_400_000);
  t.true(presence.isLive('a'));
});

test('presence: timestamps rise for each instance and path separately', (t) => {
  const { clock, presence } = setup();
  const now = clock.now();
  t.is(presence.acceptTimestamp('a', PATH, now), null);
  t.is(presence.acceptTimestamp('a', PATH, now), now);
  t.is(presence.acceptTimestamp('a', PATH, now - 1), now);
  t.is(presence.acceptTimestamp('a', '/agent/snapshot', now), null);
  t.is(presence.acceptTimestamp('b', PATH, now), null);
  t.is(presence.acceptTimestamp('a', PATH, now + 1), null);
});

test('presence: a timestamp from before the hub’s clock was set back does not lock its agent out', (t) => {
  const { clock, presence } = setup();
  const before = clock.now();
  presence.acceptTimestamp('a', PATH, before);
  clock.setWall(before - 60_000);
  t.is(presence.acceptTimestamp('a', PATH, before - 60_000), before, 'as far ahead as agents may be');
  clock.setWall(before - 60_001);
  t.is(presence.acceptTimestamp('a', PATH, before - 60_001), null);
});

test('presence: a refusal is current for five minutes, and kept until it is cleared', (t) => {
  const { clock, presence } = setup();
  const at = new Date(clock.now()).toISOString();
  presence.refused(problem('duplicate'));
  clock.advance(5 * 60_000);
  t.deepEqual(presence.recentRefusal, { code: 'duplicate', at });
  clock.advance(1);
  t.is(presence.recentRefusal, null);
  t.deepEqual(presence.lastRefusal, { code: 'duplicate', at });
  presence.clearRefusal();
  t.is(presence.lastRefusal, null);
});

test('presence: a removed instance starts afresh', (t) => {
  const { clock, presence } = setup();
  presence.recordCheckIn('a', 5_000, { engine: 'up', problem: 'x' });
  presence.acceptTimestamp('a', PATH, clock.now());
  t.false(presence.keep(new Set(['a'])));
  t.true(presence.keep(new Set(['b'])));
  t.is(presence.facts('a'), null);
  t.is(presence.acceptTimestamp('a', PATH, clock.now()), null);
});

test('presence: an instance that was never seen may be live for a while after the hub started', (t) => {
  const { clock, presence } = setup();
  t.true(presence.mayBeLive('a'));
  t.true(presence.mayBeLive('a', 60_000));
  clock.advance(45_000);
  t.false(presence.mayBeLive('a'));
  t.true(presence.mayBeLive('a', 60_000));
  presence.recordCheckIn('a', 5_000);
  clock.advance(20_000);
  t.true(presence.mayBeLive('a'));
  clock.advance(1);
  t.false(presence.mayBeLive('a', 120_000), 'it was seen, and is silent');
});

test('presence: a check-in without news reports no change; news do', (t) => {
  const { clock, presence, drain } = setup();
  const checkIn = (engine: 'up' | 'down', seconds: number, code: string | null = null) => {
    drain();
    presence.recordCheckIn('a', seconds * 1_000, { engine, problem: code });
    return drain() > 0;
  };
  t.true(checkIn('up', 5), 'the first');
  t.false(checkIn('up', 5));
  t.false(checkIn('up', 50), 'live for longer');
  t.true(checkIn('up', 5), 'live for a shorter time');
  t.true(checkIn('down', 5));
  t.true(checkIn('up', 5, 'x'));
  t.false(checkIn('up', 5, 'x'));
  t.true(checkIn('up', 5));
  clock.advance(20_000);
  t.false(checkIn('up', 5));
  clock.advance(20_001);
  t.true(checkIn('up', 5), 'it was silent');
  presence.held('a', 50_000);
  clock.advance(50_000);
  t.false(checkIn('up', 5), 'an open hold counts');
  t.is(presence.liveUntilMs('a'), clock.monotonic() + 20_000);
});

test('presence: a hold keeps its agent live beyond its end, and an early end is reported', (t) => {
  const { clock, presence, drain } = setup();
  presence.recordCheckIn('a', 5_000);
  const end = presence.held('a', 50_000);
  const until = presence.liveUntilMs('a');
  t.is(until, clock.monotonic() + 70_000);
  drain();
  clock.advance(50_000);
  end();
  t.is(drain(), 0, 'as announced');
  t.is(presence.liveUntilMs('a'), until);
  const endEarly = presence.held('a', 50_000);
  clock.advance(10_000);
  endEarly();
  t.is(drain(), 1);
  t.is(presence.liveUntilMs('a'), clock.monotonic() + 20_000);
});

test('presence: refusals and removed agents are reported', (t) => {
  const { presence, drain } = setup();
  presence.recordCheckIn('a', 5_000);
  drain();
  presence.clearRefusal();
  presence.keep(new Set(['a']));
  t.is(drain(), 0);
  for (const change of [
    () => presence.refused(problem('duplicate')),
    () => presence.clearRefusal(),
    () => void presence.keep(new Set()),
  ]) {
    change();
    t.is(drain(), 1);
  }
});
