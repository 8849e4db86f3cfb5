import test from 'ava';
import { setup } from './election-setup.js';

test('election: an agent that checks in and opens no tunnel in five seconds comes last for a minute', async (t) => {
  const { leader, slot, clock, calls, election, decide, agents, open } = setup({
    bad: { rank: 0 },
    good: { rank: 2 },
  });
  slot.demand();
  calls('bad');
  clock.advance(5_000);
  t.is(leader(), 'good');
  await open(t);
  for (let second = 0; second < 59; second++) {
    clock.advance(1_000);
    agents.bad = { rank: 0, isHeld: false };
    election.disconnected('bad');
    decide();
    agents.bad = { rank: 0 };
    calls('bad');
    t.is(leader(), 'good');
  }
  clock.advance(1_000);
  calls('bad');
  t.is(leader(), 'bad');
});

test('election: a better one that polls every five seconds and opens no tunnel leaves room for others', (t) => {
  const { leader, slot, clock, calls } = setup({
    bad: { rank: 0, isHeld: false },
    good: { rank: 2, isHeld: false },
  });
  slot.demand();
  calls('bad');
  t.is(leader(), 'bad');
  clock.advance(5_010);
  calls('bad');
  calls('good');
  t.is(leader(), 'good');
});

test('election: failed agents take turns, twice as long each time that all have failed', async (t) => {
  const { leader, slot, clock, calls, open } = setup({ a: { rank: 0 }, b: { rank: 0 }, c: { rank: 2 } });
  /** The leader, and for how many seconds. */
  const turn = () => {
    slot.demand();
    const whose = leader() ?? '';
    calls(whose);
    for (let seconds = 1; ; seconds++) {
      clock.advance(1_000);
      if (leader() !== whose) return `${whose} ${seconds}`;
    }
  };
  const led = Array.from({ length: 18 }, turn);
  t.deepEqual(
    led,
    [5, 10, 20, 40, 60, 60].flatMap((seconds) => ['a', 'b', 'c'].map((whose) => `${whose} ${seconds}`)),
  );
  t.is(leader(), 'a');
  (await open(t)).close('lost');
  t.regex(turn(), / 5$/, 'a tunnel was open');
});

test('election: an agent that never failed waits for short turns, however often the others failed', (t) => {
  const { leader, slot, clock, calls, agents } = setup({ a: { rank: 0 }, b: { rank: 0 } });
  slot.demand();
  for (let turn = 0; turn < 8; turn++) {
    calls(leader() ?? '');
    clock.advance(5_000 * 2 ** Math.floor(turn / 2));
    slot.demand();
  }
  agents.late = { rank: 2 };
  calls('late');
  t.is(leader(), 'late', 'they come last until a tunnel is open');
  clock.advance(5_000);
  t.is(leader(), 'a');
});

test('election: an agent that does not answer has five seconds, however long a turn is', (t) => {
  const { leader, slot, clock, calls } = setup({ a: { rank: 0 }, b: { rank: 0 } });
  slot.demand();
  for (const seconds of [5, 5, 10, 10]) {
    calls(leader() ?? '');
    clock.advance(seconds * 1_000);
  }
  t.is(leader(), 'a');
  clock.advance(5_000);
  t.is(leader(), 'b');
});

test('election: a failed agent that polls has its turn, too, at its next check-in', (t) => {
  const { leader, slot, clock, calls } = setup({ polls: { rank: 0, isHeld: false }, holds: { rank: 0 } });
  slot.demand();
  const led: (string | null)[] = [];
  for (let turn = 0; turn < 6; turn++) {
    calls('polls');
    led.push(leader());
    calls(leader() ?? '');
    clock.advance(5_000);
  }
  t.deepEqual(led, ['holds', 'polls', 'holds', 'holds', 'polls', 'polls']);
});
