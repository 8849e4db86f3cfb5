import type { ExecutionContext } from 'ava';
import { labTest } from '../../kit/engine/lab.js';
import { type Relay, startRelay } from '../../kit/fault/relay.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let hub: Promise<Hub> | undefined;

/** Five times what is promised: two processors carry hub, agent, engine and test. `link-monitor.test.ts` counts exactly. */
const BACK_MS = 5_000;
const NOTICED_MS = 50_000;

/** A hub and an agent whose tunnel goes through a relay of the test; the check-ins go straight. */
async function setup(t: ExecutionContext) {
  const relays: Relay[] = [];
  hub ??= startHub(scope);
  const both = await startHubAndAgent(t, {
    hub: await hub,
    environment: async (hub) => {
      const relay = await startRelay(t, hub.tunnelPort);
      relays.push(relay);
      return { tunnelAddress: `127.0.0.1:${relay.port}` };
    },
  });
  const [relay] = relays;
  if (!relay) throw new Error('no relay');
  return { ...both, relay };
}

for (const cut of ['reset', 'end'] as const) {
  labTest(`cut: a tunnel lost by a TCP ${cut} is reopened immediately while it is required`, async (t) => {
    const { hub, created, relay, agent } = await setup(t);
    t.teardown(() => {
      if (!t.passed) for (const line of agent.child.lines) t.log(line);
    });
    const took: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { openedAt } = await openTunnel(hub, created.id);
      relay[cut]();
      const { tookMs } = await untilTunnel(
        hub,
        created.id,
        (view) => view.state === 'active' && view.openedAt !== openedAt,
      );
      took.push(Math.round(tookMs));
      t.true(tookMs < BACK_MS, `${tookMs}`);
    }
    const base = `/edge/api/environments/${created.id}`;
    t.is((await hub.call('GET', `${base}/docker/_ping`)).body, 'OK');
    t.log(`back after ${took.join(', ')} ms`);
  });
}

labTest('cut: a link that drops bytes is noticed within 10 s on both sides, and replaced', async (t) => {
  t.timeout(120_000);
  const { hub, created, relay, agent } = await setup(t);
  const { openedAt } = await openTunnel(hub, created.id);
  await agent.child.untilLine(/"tunnel open"/);
  const startedMs = performance.now();
  relay.swallow();
  const noticed = agent.child
    .untilLine(/"tunnel closed"/, NOTICED_MS)
    .then(() => performance.now() - startedMs);
  const { tookMs } = await untilTunnel(hub, created.id, (view) => view.openedAt !== openedAt, NOTICED_MS);
  const agentMs = await noticed;
  const back = await untilTunnel(hub, created.id, ({ state }) => state === 'active');
  t.is((await hub.call('GET', `/edge/api/environments/${created.id}/docker/_ping`)).body, 'OK');
  t.log(
    `hub noticed after ${Math.round(tookMs)} ms, agent after ${Math.round(agentMs)}, back ${Math.round(back.tookMs)} ms later`,
  );
});
