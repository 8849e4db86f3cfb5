import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startAgent } from '../../kit/agent/agent.js';
import { labTest, startEngine } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const scope = fileScope();
let shared: Promise<Hub> | undefined;
const sharedHub = () => {
  shared ??= startHub(scope);
  return shared;
};
const ping = (id: number) => `/edge/api/environments/${id}/docker/_ping`;

labTest(
  'instance: an agent whose DATA_DIR was lost replaces itself once the old one is silent',
  async (t) => {
    t.timeout(120_000);
    const { hub, created, agent, agentOptions } = await startHubAndAgent(t, {
      hub: await sharedHub(),
      environment: async () => ({ checkInSeconds: 1 }),
    });
    const { agent: before } = await hub.until(created.id, () => true);
    await agent.child.kill('SIGKILL');
    await rm(join(agent.dataDir, 'instance.json'));
    await startAgent(t, agentOptions);
    const view = await hub.until(
      created.id,
      (now) => now.agent?.instanceId !== before?.instanceId && now.status === 'online',
      60_000,
    );
    t.is(view.lastRefusal, null);
    t.is((await hub.call('GET', ping(created.id))).body, 'OK');
  },
);

labTest(
  'instance: a second agent on another engine is refused with a reason, and the first keeps working',
  async (t) => {
    t.timeout(180_000);
    const { hub, created, agentOptions } = await startHubAndAgent(t, { hub: await sharedHub() });
    const other = await startEngine(t);
    const { dataDir: _, ...fresh } = agentOptions;
    const second = await startAgent(t, { ...fresh, engine: other.socketPath });
    await second.child.untilLine(/"code":"duplicate"/);
    t.like(await hub.until(created.id, ({ problem }) => problem !== null), {
      status: 'online',
      problem: { code: 'duplicate' },
      lastRefusal: { code: 'duplicate' },
    });
    t.is((await hub.call('GET', ping(created.id))).body, 'OK');
  },
);

labTest('instance: two agents with a copy of one DATA_DIR on one engine step back, and say so', async (t) => {
  t.timeout(120_000);
  const { hub, created, agent, agentOptions } = await startHubAndAgent(t, { hub: await sharedHub() });
  const copy = await tempFolder(t);
  await cp(agent.dataDir, copy, { recursive: true });
  const second = await startAgent(t, { ...agentOptions, dataDir: copy });
  await agent.child.untilLine(/"code":"check-in-superseded"/);
  await hub.until(created.id, ({ problem }) => problem?.code === 'duplicate', 60_000);
  // They must not chase each other out of their holds without a pause.
  const superseded = () =>
    [...agent.child.lines, ...second.child.lines].filter((line) => line.includes('check-in-superseded'))
      .length;
  t.true(superseded() < 20, `${superseded()}`);
  await openTunnel(hub, created.id);
  t.is((await hub.call('GET', ping(created.id))).body, 'OK');
});

labTest('instance: a disassociated agent stays out until the key is rotated', async (t) => {
  t.timeout(120_000);
  const { hub, created, agent, agentOptions } = await startHubAndAgent(t, { hub: await sharedHub() });
  const base = `/edge/api/environments/${created.id}`;
  await openTunnel(hub, created.id);
  t.is((await hub.call('DELETE', `${base}/association`)).status, 204);
  await agent.child.untilLine(/"code":"association-removed"/);
  t.like(await hub.until(created.id, ({ status }) => status === 'refused'), {
    edgeId: null,
    tunnel: 'idle',
    problem: { code: 'association-removed' },
  });
  const { body } = await hub.call<{ edgeKey: string }>('POST', `${base}/rotate-key`, { overlapSeconds: 0 });
  await agent.child.kill('SIGTERM');
  await startAgent(t, { ...agentOptions, edgeKey: body.edgeKey });
  await hub.until(created.id, ({ status }) => status === 'online');
  t.is((await hub.call('GET', ping(created.id))).body, 'OK');
});
