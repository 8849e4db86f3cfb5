import { randomUUID } from 'node:crypto';
import { startAgent } from '../../kit/agent/agent.js';
import { labTest, sharedEngine, startEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let shared: Promise<Hub> | undefined;
const sharedHub = () => {
  shared ??= startHub(scope);
  return shared;
};

/** An Edge key with one part changed: 0 API URL, 1 tunnel address, 2 fingerprint, 3 environment key. */
function withPart(edgeKey: string, index: number, change: (part: string) => string): string {
  const parts = Buffer.from(edgeKey, 'base64').toString().split('|');
  return Buffer.from(parts.map((part, i) => (i === index ? change(part) : part)).join('|')).toString(
    'base64',
  );
}

const tunnelPath = (id: number) => `/edge/api/environments/${id}/tunnel`;
const ping = (id: number) => `/edge/api/environments/${id}/docker/_ping`;
const viewOf = (hub: Hub, id: number) => hub.until(id, () => true);

labTest('identity: a wrong Edge ID is refused in the agent’s log and shown on the environment', async (t) => {
  const [engine, hub] = [await sharedEngine(), await sharedHub()];
  const { id, edgeKey } = await hub.createEnvironment({ name: t.title });
  const agent = await startAgent(t, { edgeId: randomUUID(), edgeKey, engine: engine.socketPath });
  await agent.child.untilLine(/"code":"edge-id-mismatch"/);
  const view = await hub.until(id, ({ status }) => status === 'refused');
  t.like(view, { lastRefusal: { code: 'edge-id-mismatch' }, problem: { code: 'edge-id-mismatch' } });
  t.like(await hub.call('GET', ping(id)), { status: 503, body: { code: 'environment-not-associated' } });
});

labTest(
  'identity: a wrong secret is refused in the agent’s log and changes nothing on the environment',
  async (t) => {
    const [engine, hub] = [await sharedEngine(), await sharedHub()];
    const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: t.title });
    const before = await viewOf(hub, id);
    const agent = await startAgent(t, {
      edgeId: edgeId ?? '',
      edgeKey: withPart(edgeKey, 3, () => `${id}.${'A'.repeat(43)}`),
      engine: engine.socketPath,
    });
    await agent.child.untilLine(/"code":"agent-unauthorized"/);
    t.deepEqual(await viewOf(hub, id), before);
    await hub.child.untilLine(/agent-unauthorized/);
  },
);

labTest('identity: a foreign fingerprint keeps the tunnel shut, and says so on both sides', async (t) => {
  const [engine, hub] = [await sharedEngine(), await sharedHub()];
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: t.title });
  const agent = await startAgent(t, {
    edgeId: edgeId ?? '',
    edgeKey: withPart(edgeKey, 2, () => Buffer.alloc(32, 7).toString('base64')),
    engine: engine.socketPath,
  });
  await hub.until(id, ({ status }) => status === 'online');
  t.is((await hub.call('POST', tunnelPath(id))).status, 202);
  await agent.child.untilLine(/"code":"tunnel-fingerprint-mismatch"/);
  const view = await hub.until(id, ({ status }) => status === 'degraded');
  t.is(view.problem?.code, 'tunnel-fingerprint-mismatch');
  t.is(view.tunnel, 'required');
  t.like(await hub.call('GET', tunnelPath(id)), {
    body: { problem: { code: 'tunnel-fingerprint-mismatch' } },
  });
});

labTest(
  'identity: a self-signed hub is refused with the next step, unless the settings accept it',
  async (t) => {
    const [engine, hub] = [await sharedEngine(), await sharedHub()];
    const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: t.title });
    const options = { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath };
    const refusing = await startAgent(t, { ...options, env: { EDGE_INSECURE_POLL: '' } });
    const line = await refusing.child.untilLine(/"code":"hub-certificate-untrusted"/);
    t.regex(line, /EDGE_CA_FILE/);
    t.is((await viewOf(hub, id)).status, 'new');
    await refusing.child.kill('SIGTERM');
    await startAgent(t, options);
    await hub.until(id, ({ status }) => status === 'online');
  },
);

labTest('identity: a stopped agent is offline, and calls say so immediately', async (t) => {
  const { hub, created, agent } = await startHubAndAgent(t, {
    hub: await sharedHub(),
    environment: async () => ({ checkInSeconds: 1 }),
  });
  await agent.child.kill('SIGKILL');
  // Two intervals and ten seconds.
  await hub.until(created.id, ({ status }) => status === 'offline', 30_000);
  const startedMs = performance.now();
  t.like(await hub.call('GET', ping(created.id)), { status: 503, body: { code: 'environment-offline' } });
  t.like(await hub.call('POST', tunnelPath(created.id)), {
    status: 503,
    body: { code: 'environment-offline' },
  });
  t.true(performance.now() - startedMs < 5_000);
});

labTest('identity: a stopped engine has its own problem code, also in answers to calls', async (t) => {
  t.timeout(180_000);
  const [engine, hub] = [await startEngine(t), await sharedHub()];
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: t.title });
  const agent = await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  await hub.until(id, ({ status }) => status === 'online');
  await openTunnel(hub, id);
  t.is((await hub.call('GET', ping(id))).body, 'OK');
  await engine.close();
  t.like(await hub.call('GET', ping(id)), { status: 502, body: { code: 'engine-unreachable' } });
  await agent.child.untilLine(/"code":"engine-unreachable"/);
  const view = await hub.until(id, ({ status }) => status === 'degraded', 30_000);
  t.is(view.problem?.code, 'engine-unreachable');
});
