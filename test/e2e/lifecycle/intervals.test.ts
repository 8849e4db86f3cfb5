import type { EnvironmentView } from '../../../plugin/api.js';
import { labTest } from '../../kit/engine/lab.js';
import { type Relay, startRelay } from '../../kit/fault/relay.js';
import type { Hub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';

/** How early a check-in may be by the hub's clock, because the one before was late, ms. */
const EARLY_MS = 900;
const HOLD_MS = 50_000;

/** Times between check-ins at the hub, ms; the first ones may still follow the old interval. */
async function gaps(hub: Hub, id: number, count: number): Promise<number[]> {
  const times: number[] = [];
  let last: string | null = null;
  await hub.until(
    id,
    ({ lastCheckInAt }) => {
      if (lastCheckInAt !== last && lastCheckInAt !== null) times.push(Date.parse(lastCheckInAt));
      last = lastCheckInAt;
      return times.length > count;
    },
    60_000,
  );
  return times.slice(1).map((time, i) => time - (times[i] ?? 0));
}

/** Whether these are times between check-ins every `ms`: none is early, and a busy machine delays half of them at most. */
function areEvery(ms: number, times: readonly number[]): boolean {
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  return times.every((gap) => gap > ms - EARLY_MS) && median < 5 * ms;
}

labTest(
  'interval: a new one reaches an idle agent that polls, from settings and per environment',
  async (t) => {
    const { hub, created } = await startHubAndAgent(t, {
      settings: { heldCheckIns: false, checkInSeconds: 1 },
    });
    const first = await gaps(hub, created.id, 4);
    t.true(areEvery(1_000, first.slice(1)), first.join(' '));
    await hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 6 });
    const slower = await gaps(hub, created.id, 3);
    t.true(areEvery(6_000, slower.slice(1)), slower.join(' '));
    await hub.call('PATCH', `/edge/api/environments/${created.id}`, { checkInSeconds: 1 });
    const own = await gaps(hub, created.id, 4);
    t.true(areEvery(1_000, own.slice(2)), own.join(' '));
  },
);

labTest('interval: a new setting ends a held check-in immediately, and the agent follows it', async (t) => {
  const { hub, created } = await startHubAndAgent(t);
  const before = await hub.until(created.id, () => true);
  const startedMs = Date.now();
  await hub.call('PATCH', '/edge/api/settings', { heldCheckIns: false, checkInSeconds: 1 });
  const { lastCheckInAt } = await hub.until(
    created.id,
    (view) => view.lastCheckInAt !== before.lastCheckInAt,
  );
  t.true(Date.parse(lastCheckInAt ?? '') - startedMs < HOLD_MS / 2, 'not when the hold would have ended');
  const polled = await gaps(hub, created.id, 4);
  t.true(areEvery(1_000, polled.slice(1)), polled.join(' '));
});

labTest(
  'hold: an agent whose held check-ins are cut after 3 s polls without holding, and works',
  async (t) => {
    t.timeout(120_000);
    let relay: Relay | null = null;
    const { hub, created, agent } = await startHubAndAgent(t, {
      settings: { checkInSeconds: 1 },
      environment: async (hub) => {
        relay = await startRelay(t, hub.port);
        relay.idleMs = 3_000;
        return { url: `https://localhost:${relay.port}/edge`, tunnelAddress: `127.0.0.1:${hub.tunnelPort}` };
      },
    });
    const line = await agent.child.untilLine(/"hold-cut"/);
    t.like(JSON.parse(line), { code: 'hold-cut', holdSeconds: 0 });
    const polled = await gaps(hub, created.id, 4);
    t.true(areEvery(1_000, polled.slice(1)), polled.join(' '));
    await openTunnel(hub, created.id);
    const { body } = await hub.call<EnvironmentView>('GET', `/edge/api/environments/${created.id}`);
    t.like(body, { status: 'online', problem: null });
  },
);
