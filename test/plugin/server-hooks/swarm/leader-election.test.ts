import test, { type ExecutionContext } from 'ava';
import { type Candidate, LeaderElection } from '../../../../plugin/server-hooks/swarm/leader-election.js';
import { TunnelSlot } from '../../../../plugin/server-hooks/tunnel/slot.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tunnelPair } from '../../../kit/tunnel/pair.js';

type Known = { rank: number; isHeld?: boolean; isLive?: boolean };

/** An election among agents that all hold a check-in, if nothing else is said. */
function setup(agents: Record<string, Known>) {
  const clock = new FakeClock();
  let epochs = 0;
  const slot: TunnelSlot = new TunnelSlot({
    clock,
    inactivityMs: () => 300_000,
    newEpoch: () => `boot.${++epochs}`,
    onChange: () => decide(),
    onLost: (tunnel) => election.lost(tunnel),
  });
  const candidates = (): Candidate[] =>
    Object.entries(agents).map(([instanceId, { rank, isHeld = true, isLive = true }]) => ({
      instanceId,
      nodeId: instanceId,
      rank,
      isHeld,
      isLive,
    }));
  const election: LeaderElection = new LeaderElection({
    environmentId: 1,
    slot,
    candidates,
    onDue: () => decide(),
    clock,
    logger: new LogRecorder(),
  });
  let isDeciding = false;
  const decide = (calling?: string) => {
    // The election itself changes the slot.
    if (isDeciding) return;
    isDeciding = true;
    election.evaluate(calling);
    isDeciding = false;
  };
  return {
    clock,
    election,
    decide,
    slot,
    agents,
    leader: () => slot.lease?.instanceId ?? null,
    /** The agent's check-in comes, as a plain one. */
    calls: (id: string) => {
      election.recordCheckIn(id);
      decide(id);
    },
    open: async (t: ExecutionContext) => {
      const { instanceId = '', epoch = '' } = slot.lease ?? {};
      const { tunnel } = await tunnelPair(t, { clock, instanceId, epoch, id: `of-${instanceId}` });
      slot.attach(tunnel);
      return tunnel;
    },
  };
}

test('election: nobody leads before somebody needs the tunnel', (t) => {
  const { leader, calls, slot, clock } = setup({ a: { rank: 0 } });
  calls('a');
  t.is(leader(), null);
  slot.demand();
  t.is(leader(), 'a');
  slot.closeIdle();
  t.is(leader(), null);
  t.is(clock.pending, 0);
});

test('election: the best rank leads, and of equals who enrolled first', (t) => {
  const { leader, slot } = setup({ worker: { rank: 2 }, first: { rank: 0 }, second: { rank: 0 } });
  slot.demand();
  t.is(leader(), 'first');
});

test('election: a better agent replaces a worse one at its check-in, with its tunnel; an equal one never', async (t) => {
  const { leader, slot, agents, calls, open } = setup({
    worker: { rank: 2 },
    late: { rank: 2, isHeld: false },
  });
  slot.demand();
  const tunnel = await open(t);
  calls('late');
  t.is(leader(), 'worker');
  t.is(tunnel.end, null);
  agents.late = { rank: 0 };
  calls('late');
  t.is(leader(), 'late');
  t.is(tunnel.end, 'superseded');
});

test('election: a better agent that polls is waited for five seconds, a dead one not at all', (t) => {
  const waited = setup({ manager: { rank: 0, isHeld: false }, worker: { rank: 2 } });
  waited.slot.demand();
  t.is(waited.leader(), null);
  waited.clock.advance(4_999);
  t.is(waited.leader(), null);
  waited.clock.advance(1);
  t.is(waited.leader(), 'worker');
  const dead = setup({ manager: { rank: 0, isHeld: false, isLive: false }, worker: { rank: 2 } });
  dead.slot.demand();
  t.is(dead.leader(), 'worker');
});

for (const [order, isHoldFirst] of [
  ['its check-in before its tunnel', true],
  ['its tunnel before its check-in', false],
] as const) {
  test(`election: nobody waits for a leader that died, ${order}`, async (t) => {
    const { leader, slot, agents, election, decide, open } = setup({
      manager: { rank: 0 },
      worker: { rank: 2 },
    });
    slot.demand();
    const tunnel = await open(t);
    const steps = [
      () => {
        agents.manager = { rank: 0, isHeld: false };
        election.disconnected('manager');
        decide();
      },
      () => tunnel.close('lost'),
    ];
    if (!isHoldFirst) steps.reverse();
    for (const step of steps) step();
    t.is(leader(), 'worker');
  });
}

test('election: a leader whose tunnel alone broke has it back at its next check-in', async (t) => {
  const { leader, slot, calls, open } = setup({ manager: { rank: 0 }, worker: { rank: 2 } });
  slot.demand();
  const { epoch } = slot.lease ?? {};
  (await open(t)).close('lost');
  t.is(leader(), null, 'an open check-in proves nothing');
  calls('manager');
  t.is(leader(), 'manager');
  t.not(slot.lease?.epoch, epoch);
});

test('election: who is heard and opens no tunnel in five seconds comes last for a minute', async (t) => {
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

test('election: those who failed take turns, twice as long ones each time that all have failed', async (t) => {
  const { leader, slot, clock, calls, open } = setup({ a: { rank: 0 }, b: { rank: 0 }, c: { rank: 2 } });
  /** Who leads, and for how many seconds. */
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
  t.regex(turn(), / 5$/, 'a tunnel stood');
});

test('election: who never failed finds short turns, however often the others did', (t) => {
  const { leader, slot, clock, calls, agents } = setup({ a: { rank: 0 }, b: { rank: 0 } });
  slot.demand();
  for (let turn = 0; turn < 8; turn++) {
    calls(leader() ?? '');
    clock.advance(5_000 * 2 ** Math.floor(turn / 2));
    slot.demand();
  }
  agents.late = { rank: 2 };
  calls('late');
  t.is(leader(), 'late', 'they come last until a tunnel stands');
  clock.advance(5_000);
  t.is(leader(), 'a');
});

test('election: who does not answer has five seconds, however long a turn is', (t) => {
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

test('election: one that failed and polls has its turn, too, once it comes by', (t) => {
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

test('election: an agent that is alone keeps its right, however slow its tunnel is', async (t) => {
  const { slot, clock, calls, open } = setup({ a: { rank: 0 } });
  slot.demand();
  const { epoch } = slot.lease ?? {};
  clock.advance(60_000);
  calls('a');
  t.is(slot.lease?.epoch, epoch);
  t.is((await open(t)).end, null);
});

test('election: an agent that is no more loses its right at the next look', async (t) => {
  const { leader, slot, agents, decide, open } = setup({ a: { rank: 0 }, b: { rank: 0 } });
  slot.demand();
  const tunnel = await open(t);
  delete agents.a;
  decide();
  t.is(leader(), 'b');
  t.is(tunnel.end, 'superseded');
});

test('election: stopped, it leaves no timer', (t) => {
  const { slot, clock, election } = setup({ a: { rank: 0 } });
  slot.demand();
  t.is(clock.pending, 1);
  election.stop();
  election.stop();
  t.is(clock.pending, 0);
});
