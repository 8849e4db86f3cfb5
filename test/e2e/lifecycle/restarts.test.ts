import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import { encodeEdgeKey } from '../../../protocol/crypto/edge-key.js';
import { startAgent } from '../../kit/agent/agent.js';
import { labTest, sharedEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let shared: Promise<Hub> | undefined;
/** For tests that leave the hub alone. */
const sharedHub = () => {
  shared ??= startHub(scope);
  return shared;
};

let last: Promise<unknown> = Promise.resolve();
/** One after the other: each starts processes, and in parallel they would be late on a small machine. */
function sequential(run: (t: ExecutionContext) => Promise<void>): (t: ExecutionContext) => Promise<void> {
  return (t) => {
    const own = last.then(() => run(t));
    last = own.catch(() => undefined);
    return own;
  };
}

const ping = (id: number) => `/edge/api/environments/${id}/docker/_ping`;

labTest(
  'restart: after a kill of the hub its agent reconnects, and the next call wakes the tunnel',
  sequential(async (t) => {
    const { hub, created } = await startHubAndAgent(t);
    await openTunnel(hub, created.id);
    await hub.child.kill('SIGKILL');
    const again = await startHub(t, { like: hub });
    const startedMs = performance.now();
    t.is((await again.call('GET', ping(created.id))).body, 'OK', 'a call may wait for agents at a start');
    const tookMs = performance.now() - startedMs;
    t.like(await again.until(created.id, ({ status }) => status === 'online'), { tunnel: 'active' });
    t.log(`first answer ${Math.round(tookMs)} ms after the hub's start`);
  }),
);

labTest(
  'restart: a killed agent reconnects, and reopens a tunnel that is still required',
  sequential(async (t) => {
    const { hub, created, agent, agentOptions } = await startHubAndAgent(t, { hub: await sharedHub() });
    const { openedAt } = await openTunnel(hub, created.id);
    await agent.child.kill('SIGKILL');
    const lost = await untilTunnel(hub, created.id, ({ state }) => state === 'required', 5_000);
    await startAgent(t, agentOptions);
    const { tookMs } = await untilTunnel(
      hub,
      created.id,
      (view) => view.state === 'active' && view.openedAt !== openedAt,
    );
    t.is((await hub.call('GET', ping(created.id))).body, 'OK');
    t.log(
      `loss seen after ${Math.round(lost.tookMs)} ms, tunnel back ${Math.round(tookMs)} ms after the start`,
    );
  }),
);

for (const first of ['hub', 'agent'] as const) {
  labTest(
    `restart: hub and agent killed, the ${first} started first: all is back by itself`,
    sequential(async (t) => {
      const { hub, created, agent, agentOptions } = await startHubAndAgent(t);
      await openTunnel(hub, created.id);
      await Promise.all([hub.child.kill('SIGKILL'), agent.child.kill('SIGKILL')]);
      if (first === 'agent') {
        const early = await startAgent(t, agentOptions);
        await early.child.untilLine(/"code":"hub-refused"/);
      }
      const again = await startHub(t, { like: hub });
      if (first === 'hub') await startAgent(t, agentOptions);
      await again.until(created.id, ({ status }) => status === 'online');
      await openTunnel(again, created.id);
      t.is((await again.call('GET', ping(created.id))).body, 'OK');
      t.is((await again.until(created.id, () => true)).lastRefusal, null);
    }),
  );
}

labTest(
  'restart: SIGTERM ends an agent quickly and cleanly, and the hub notices immediately',
  sequential(async (t) => {
    const { hub, created, agent, agentOptions } = await startHubAndAgent(t, { hub: await sharedHub() });
    await openTunnel(hub, created.id);
    const startedMs = performance.now();
    t.is(await agent.child.kill('SIGTERM'), 0);
    const endedMs = performance.now() - startedMs;
    t.true(endedMs < 5_000, `${endedMs}`);
    const { tookMs } = await untilTunnel(hub, created.id, ({ state }) => state !== 'active', 5_000);
    await startAgent(t, agentOptions);
    await untilTunnel(hub, created.id, ({ state }) => state === 'active');
    t.log(`ended after ${Math.round(endedMs)} ms, noticed ${Math.round(tookMs)} ms later`);
  }),
);

labTest(
  'restart: an agent whose hub accepts connections but does not answer ends on SIGTERM, too',
  sequential(async (t) => {
    const engine = await sharedEngine();
    const silent = net.createServer((socket) => {
      socket.on('error', () => undefined);
      t.teardown(() => void socket.destroy());
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.teardown(() => void silent.close());
    const address = `127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
    const edgeKey = encodeEdgeKey({
      apiUrl: `https://${address}/edge`,
      tunnelAddress: address,
      fingerprint: Buffer.alloc(32).toString('base64'),
      environmentId: 1,
      secret: 'A'.repeat(43),
    });
    const agent = await startAgent(t, { edgeId: randomUUID(), edgeKey, engine: engine.socketPath });
    await once(silent, 'connection');
    const startedMs = performance.now();
    t.is(await agent.child.kill('SIGTERM'), 0);
    t.true(performance.now() - startedMs < 5_000);
  }),
);
