import { randomInt } from 'node:crypto';
import test from 'ava';
import type { LeaseAgent } from '../../../kit/lease-simulation/agent.js';
import { injectFault } from '../../../kit/lease-simulation/faults.js';
import { LeaseSimulation } from '../../../kit/lease-simulation/simulation.js';

const RUNS = Number(process.env.FAIRLEAD_RUNS ?? 250);
const SEED = Number(process.env.FAIRLEAD_SEED ?? randomInt(2 ** 31));
const STEPS = 40;
/** Time after which the hub considers a silent tunnel lost, ms. */
const SILENT_MS = 10_000;
/** A lease without a tunnel is withdrawn after this time, ms: the cost of each agent that does not work. */
const LEASE_MS = 5_000;
/** The same where all are slow to connect, ms: all turns that an agent may lose, and the one that is long enough. */
const SLOW_TURNS_MS = 5_000 + 10_000 + 20_000 + 40_000 + 60_000;

/** Some agents work from now on, the others do not: a tunnel must open in time, and stay open. */
async function settleDown(simulation: LeaseSimulation, trace: string[]): Promise<void> {
  const { random, hub } = simulation;
  const lastOpenedMs = Math.max(...simulation.agents.map(({ openedMs }) => openedMs));
  // Their turns may have doubled already.
  const haveAllFailed = simulation.agents.every(({ triedMs }) => triedMs > lastOpenedMs);
  let bad = 0;
  const good = simulation.random.between(1, simulation.agents.length);
  const start = random.between(0, simulation.agents.length - 1);
  const dialMs = random.pick([0, 0, 8_000, 15_000]);
  for (let n = 0; n < simulation.agents.length; n++) {
    const agent = simulation.agents[(start + n) % simulation.agents.length];
    if (!agent) continue;
    if (n < good) agent.heal(dialMs);
    else {
      bad++;
      Object.assign(agent, { canOpen: false, failMs: random.pick([0, 250, 3_000, 10_000]) });
      agent.holds = random.next() < 0.5;
      // Its open check-in outlives it, for all the hub can see.
      if (random.next() < 0.3) agent.cut(true);
    }
    trace.push(
      `${agent.id}: ${n < good ? 'good' : 'bad'}, ${agent.holds ? 'holds' : 'polls'}, on ${agent.isOn}, opens ${agent.canOpen} after ${agent.dialMs} ms`,
    );
  }
  const slot = hub.environment.tunnels.slot();
  slot.demand();
  const startMs = simulation.clock.monotonic();
  const turnsMs = dialMs > 0 || haveAllFailed ? SLOW_TURNS_MS * simulation.agents.length : LEASE_MS * bad;
  const boundMs = (slot.tunnel ? SILENT_MS : 0) + turnsMs + 2 * LEASE_MS + 1_000;
  // One that another process with the agent's identity opened has no other end here.
  const { tunnel } = slot;
  if (!simulation.agents.some(({ id, isOn }) => isOn && id === tunnel?.grant.instanceId)) {
    simulation.clock.after(SILENT_MS, () => tunnel?.close('silent'));
  }
  const leads = ({ id, isOn }: LeaseAgent) => isOn && id === slot.tunnel?.grant.instanceId;
  while (!simulation.agents.some(leads)) {
    await simulation.advance(250);
    slot.demand();
    if (simulation.clock.monotonic() - startMs > boundMs)
      throw new Error(`no tunnel is open after ${boundMs} ms`);
  }
}

async function simulate(seed: number): Promise<void> {
  const trace: string[] = [];
  const simulation = new LeaseSimulation(seed, 1 + (seed % 5));
  try {
    for (let step = 0; step < STEPS; step++) {
      trace.push(await injectFault(simulation));
      await simulation.settle();
    }
    await settleDown(simulation, trace);
    trace.push('watched');
    await simulation.advance(100_000);
    trace.push('left alone');
    for (const agent of simulation.agents) agent.cut(false);
    simulation.hub.environment.tunnels.revoke();
    await simulation.advance(400_000);
    if (simulation.hub.clock.pending !== 1)
      throw new Error(`${simulation.hub.clock.pending} timers wait in an idle hub`);
    simulation.restart(false);
  } catch (error) {
    throw new Error(
      `FAIRLEAD_SEED=${seed} FAIRLEAD_RUNS=1: ${(error as Error).message}\n${trace.join('\n')}`,
      {
        cause: error,
      },
    );
  }
}

test('lease: under any faults at most one agent may open the tunnel, and one does in time', async (t) => {
  t.timeout(600_000);
  t.log(`FAIRLEAD_SEED=${SEED}, ${RUNS} runs`);
  for (let n = 0; n < RUNS; n++) await simulate(SEED + n);
  t.pass();
});
