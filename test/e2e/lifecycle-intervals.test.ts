import type { EnvironmentView } from '../../plugin/api.js';
import type { Hub } from '../helpers/hub.js';
import { labTest } from '../helpers/lab.js';
import { openTunnel, startLine } from '../helpers/line.js';
import { type Relay, startRelay } from '../helpers/relay.js';

/** Times between check-ins as the hub hears them, ms; the first ones may still follow the old interval. */
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

const near = (ms: number) => (gap: number) => Math.abs(gap - ms) < 400;

labTest(
  'interval: a new one reaches an idle agent that polls, from settings and per environment',
  async (t) => {
    const { hub, created } = await startLine(t, { settings: { heldCheckIns: false, checkInSeconds: 1 } });
    t.true((await gaps(hub, created.id, 4)).slice(1).every(near(1_000)));
    await hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 2 });
    t.true((await gaps(hub, created.id, 4)).slice(2).every(near(2_000)));
    await hub.call('PATCH', `/edge/api/environments/${created.id}`, { checkInSeconds: 1 });
    const own = await gaps(hub, created.id, 4);
    t.true(own.slice(2).every(near(1_000)), own.join(' '));
  },
);

labTest('interval: a new setting ends a hold at once, and the agent follows it', async (t) => {
  const { hub, created } = await startLine(t);
  const before = await hub.until(created.id, () => true);
  const startedMs = Date.now();
  await hub.call('PATCH', '/edge/api/settings', { heldCheckIns: false, checkInSeconds: 1 });
  const { lastCheckInAt } = await hub.until(
    created.id,
    (view) => view.lastCheckInAt !== before.lastCheckInAt,
    5_000,
  );
  t.true(Date.parse(lastCheckInAt ?? '') - startedMs < 3_000);
  const polled = await gaps(hub, created.id, 4);
  t.true(polled.slice(1).every(near(1_000)), polled.join(' '));
});

labTest(
  'hold: where something cuts held check-ins after 3 s the agent polls plainly, and works',
  async (t) => {
    t.timeout(120_000);
    let relay: Relay | null = null;
    const { hub, created, agent } = await startLine(t, {
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
    t.true(polled.slice(1).every(near(1_000)), polled.join(' '));
    await openTunnel(hub, created.id);
    const { body } = await hub.call<EnvironmentView>('GET', `/edge/api/environments/${created.id}`);
    t.like(body, { status: 'online', problem: null });
  },
);
