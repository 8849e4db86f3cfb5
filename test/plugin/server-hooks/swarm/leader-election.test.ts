import test from 'ava';
import { setup } from './election-setup.js';

test('election: there is no leader before the tunnel is needed', (t) => {
  const { leader, calls, slot, clock } = setup({ a: { rank: 0 } });
  calls('a');
  t.is(leader(), null);
  slot.demand();
  t.is(leader(), 'a');
  slot.closeIdle();
  t.is(leader(), null);
  t.is(clock.pending, 0);
});

test('election: the best rank leads, and of equals the one that enrolled first', (t) => {
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

test('election: a better agent that polls is awaited for five seconds, a dead one not at all', (t) => {
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
  test(`election: no call waits for a leader that died, ${order}`, async (t) => {
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

test('election: a leader that lost only its tunnel has it back at its next check-in', async (t) => {
  const { leader, slot, calls, open } = setup({ manager: { rank: 0 }, worker: { rank: 2 } });
  slot.demand();
  const { epoch } = slot.lease ?? {};
  (await open(t)).close('lost');
  t.is(leader(), null, 'an open check-in proves nothing');
  calls('manager');
  t.is(leader(), 'manager');
  t.not(slot.lease?.epoch, epoch);
});

test('election: an only agent keeps its lease, however slow its tunnel is', async (t) => {
  const { slot, clock, calls, open } = setup({ a: { rank: 0 } });
  slot.demand();
  const { epoch } = slot.lease ?? {};
  clock.advance(60_000);
  calls('a');
  t.is(slot.lease?.epoch, epoch);
  t.is((await open(t)).end, null);
});

test('election: a removed agent loses its lease at the next evaluation', async (t) => {
  const { leader, slot, agents, decide, open } = setup({ a: { rank: 0 }, b: { rank: 0 } });
  slot.demand();
  const tunnel = await open(t);
  delete agents.a;
  decide();
  t.is(leader(), 'b');
  t.is(tunnel.end, 'superseded');
});

test('election: leaves no timer after a stop', (t) => {
  const { slot, clock, election } = setup({ a: { rank: 0 } });
  slot.demand();
  t.is(clock.pending, 1);
  election.stop();
  election.stop();
  t.is(clock.pending, 0);
});
