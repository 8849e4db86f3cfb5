import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { joinInstance, makeInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

async function setup(t: ExecutionContext, settings: { checkInSeconds?: number } = {}) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', ...settings });
  return { clock, hub, id, agent: { edgeId: edgeId ?? '', edgeKey, clock } };
}

test('instances: of two live agents the first keeps working and the other is refused', async (t) => {
  const { hub, id, agent } = await setup(t);
  const first = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  // No check-in yet: enrolment counts as one.
  const second = await makeInstance(t, { ...agent, engineId: 'engine-2' });
  const refusal = await t.throwsAsync(second.enrol());
  t.like(refusal, { code: 'duplicate', status: 409, retryAfterSeconds: 10 });
  t.truthy((await first.checkIn()).reply);
  t.like(await hub.view(id), {
    status: 'online',
    problem: { code: 'duplicate' },
    agent: { instanceId: first.instance.instanceId },
  });
});

test('instances: an agent whose data folder was lost replaces itself after two intervals of silence', async (t) => {
  const { hub, id, agent, clock } = await setup(t);
  const lost = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  await lost.checkIn();
  const reinstalled = await makeInstance(t, { ...agent, engineId: 'engine-1' });
  clock.advance(10_000);
  await t.throwsAsync(reinstalled.enrol(), { code: 'duplicate' });
  clock.advance(1);
  await t.notThrowsAsync(reinstalled.enrol());
  await t.throwsAsync(lost.checkIn(), { code: 'agent-unauthorized' });
  t.is((await hub.view(id)).agent?.instanceId, reinstalled.instance.instanceId);
});

test('instances: an agent on another engine waits until the first one is offline', async (t) => {
  const { agent, clock } = await setup(t);
  await joinInstance(t, { ...agent, engineId: 'engine-1' });
  const other = await makeInstance(t, { ...agent, engineId: 'engine-2' });
  clock.advance(20_000);
  await t.throwsAsync(other.enrol(), { code: 'duplicate' });
  clock.advance(1);
  await t.notThrowsAsync(other.enrol());
});

test('instances: an agent with an open tunnel is not silent, even without check-ins', async (t) => {
  const { hub, id, agent, clock } = await setup(t, { checkInSeconds: 1 });
  const first = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  await hub.call('POST', `/api/environments/${id}/tunnel`);
  const { tunnel } = await first.open(await first.prove(await first.credential()));
  const reinstalled = await makeInstance(t, { ...agent, engineId: 'engine-1' });
  clock.advance(2_001);
  await t.throwsAsync(reinstalled.enrol(), { code: 'duplicate' });
  tunnel.close('stopping');
  await hub.until(id, (view) => view.tunnel !== 'active');
  await t.notThrowsAsync(reinstalled.enrol());
});

test('instances: a copied data folder on another engine is a duplicate while the first one is online', async (t) => {
  const { hub, id, agent, clock } = await setup(t);
  const first = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  const copy = await makeInstance(t, { ...agent, engineId: 'engine-2', instance: first.instance });
  await t.throwsAsync(copy.enrol(), { code: 'duplicate' });
  t.is((await hub.view(id)).problem?.code, 'duplicate');
  t.truthy((await first.checkIn()).reply);
  clock.advance(20_001);
  await t.notThrowsAsync(copy.enrol(), 'the engine was replaced, the data folder kept');
});

test('instances: a restart on the same engine is accepted immediately', async (t) => {
  const { agent } = await setup(t);
  const first = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  const again = await makeInstance(t, { ...agent, engineId: 'engine-1', instance: first.instance });
  await t.notThrowsAsync(again.enrol());
  const unknown = await makeInstance(t, { ...agent, engineId: null, instance: first.instance });
  await t.notThrowsAsync(unknown.enrol(), 'its engine does not answer yet');
});

test('instances: another key for a known instance is refused', async (t) => {
  const { agent } = await setup(t);
  const first = await joinInstance(t, agent);
  const { instance } = await makeInstance(t, agent);
  const thief = await makeInstance(t, {
    ...agent,
    instance: { ...instance, instanceId: first.instance.instanceId },
  });
  await t.throwsAsync(thief.enrol(), { code: 'agent-unauthorized' });
  t.truthy((await first.checkIn()).reply);
});

test('instances: a restarted hub gives its known agents time before a new one replaces them', async (t) => {
  const { hub, id, agent, clock } = await setup(t);
  const first = await joinInstance(t, { ...agent, engineId: 'engine-1' });
  await hub.stop();
  const restarted = await startPlugin(t, { clock, dataDir: hub.dataDir });
  const edgeKey = Buffer.from(
    Buffer.from(agent.edgeKey, 'base64').toString().replace(hub.url, restarted.url),
  ).toString('base64');
  const second = await makeInstance(t, { ...agent, edgeKey, engineId: 'engine-2' });
  await t.throwsAsync(second.enrol(), { code: 'duplicate' });
  const sameEngine = await makeInstance(t, { ...agent, edgeKey, engineId: 'engine-1' });
  await t.throwsAsync(sameEngine.enrol(), { code: 'duplicate' });
  clock.advance(10_000);
  await t.throwsAsync(second.enrol(), { code: 'duplicate' });
  await t.notThrowsAsync(sameEngine.enrol());
  t.not((await restarted.view(id)).agent?.instanceId, first.instance.instanceId);
});

test('instances: agents on nodes of one Swarm share the environment', async (t) => {
  const { agent } = await setup(t);
  const node = (nodeId: string) => ({ swarmId: 's', nodeId, name: nodeId, role: 'manager' as const });
  const one = await makeInstance(t, { ...agent, engineId: 'engine-1' });
  const two = await makeInstance(t, { ...agent, engineId: 'engine-2' });
  await one.enrol({ node: node('n1') });
  await two.enrol({ node: node('n2') });
  t.truthy((await one.checkIn()).reply);
  t.truthy((await two.checkIn()).reply);
  const third = await makeInstance(t, { ...agent, engineId: 'engine-3' });
  await t.throwsAsync(third.enrol({ node: { ...node('n3'), swarmId: 'other' } }), { code: 'swarm-mismatch' });
});

async function setupFull(t: ExecutionContext, first: 'manager' | 'worker') {
  const { hub, id, agent, clock } = await setup(t);
  const node = (nodeId: string, role: 'manager' | 'worker' = 'worker') => ({
    swarmId: 's',
    nodeId,
    name: nodeId,
    role,
  });
  await joinInstance(t, { ...agent, engineId: 'engine', facts: { node: node('n0', first) } });
  await hub.stop();
  const file = join(hub.dataDir, 'fairlead.json');
  const stored = JSON.parse(await readFile(file, 'utf8'));
  const [environment] = stored.environments;
  const [known] = environment.instances;
  for (let i = 1; i < 499; i++) {
    environment.instances.push({ ...known, id: randomUUID(), node: node(`n${i}`) });
  }
  await writeFile(file, JSON.stringify(stored));
  const restarted = await startPlugin(t, { clock, dataDir: hub.dataDir });
  const text = Buffer.from(agent.edgeKey, 'base64').toString().replace(hub.url, restarted.url);
  const edgeKey = Buffer.from(text).toString('base64');
  const [last, tooMany] = [
    await makeInstance(t, { ...agent, edgeKey }),
    await makeInstance(t, { ...agent, edgeKey }),
  ];
  await last.enrol({ node: node('n499') });
  const instances = async () => JSON.parse(await readFile(file, 'utf8')).environments[0].instances;
  return { hub: restarted, id, clock, node, last, tooMany, instances };
}

test('instances: one environment has up to 500 nodes; known ones still enrol, and offline ones make room', async (t) => {
  const { hub, id, clock, node, last, tooMany, instances } = await setupFull(t, 'worker');
  await t.throwsAsync(tooMany.enrol({ node: node('n500') }), { code: 'too-many-agents' });
  t.like(await hub.view(id), { lastRefusal: { code: 'too-many-agents' } });
  await t.notThrowsAsync(last.enrol({ node: node('n499') }));
  // Once the hub has been up long enough for every live agent to check in.
  clock.advance(45_000);
  await last.checkIn();
  await t.notThrowsAsync(tooMany.enrol({ node: node('n500') }));
  await t.notThrowsAsync(last.checkIn());
  t.is((await instances()).length, 2);
});

test('instances: a silent manager is not replaced by an agent that claims to be it', async (t) => {
  const { clock, node, last, tooMany, instances } = await setupFull(t, 'manager');
  clock.advance(45_000);
  await last.checkIn();
  await tooMany.enrol({ node: node('n500') });
  await t.throwsAsync(tooMany.enrol({ node: node('n0', 'manager'), engineId: 'other' }), {
    code: 'duplicate',
  });
  t.deepEqual(
    (await instances()).map((one: { node: { nodeId: string } }) => one.node.nodeId),
    ['n0', 'n499', 'n500'],
  );
});
