import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Environment, servesSwarm } from '../../../../plugin/server-hooks/model/environment.js';
import { makeInstance, type TestInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { member } from '../../../kit/lease-simulation/samples.js';

const DAY_MS = 86_400_000;

function node(nodeId: string, role: 'manager' | 'worker' = 'manager', swarmId = 'swarm') {
  return { swarmId: role === 'manager' ? swarmId : '', nodeId, name: nodeId, role };
}

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const keys = { edgeId: edgeId ?? '', edgeKey };
  const agent = (engineId: string) => makeInstance(t, { ...keys, clock, engineId });
  const environment = async (): Promise<Environment> => {
    const stored = JSON.parse(await readFile(join(hub.dataDir, 'fairlead.json'), 'utf8'));
    return stored.environments.find((one: Environment) => one.id === id);
  };
  const serves = async ({ instance }: TestInstance) => servesSwarm(await environment(), instance.instanceId);
  const report = (reporter: TestInstance, managers: string[], workers: string[] = [], swarmId = 'swarm') =>
    reporter.client.postSwarm({
      swarmId,
      nodes: [
        ...managers.map((one) => member(one, 'manager', 'active')),
        ...workers.map((one) => member(one, 'worker', 'active')),
      ],
    });
  const first = await agent('engine-1');
  await first.enrol({ node: node('n1') });
  return { clock, hub, id, keys, agent, environment, serves, report, first };
}

test('swarm trust: the first manager is trusted with the Swarm it names', async (t) => {
  const { first, serves, environment } = await setup(t);
  t.deepEqual((await environment()).swarm, { id: 'swarm', managers: ['n1'] });
  t.true(await serves(first));
});

test('swarm trust: a second manager is trusted once the first one reports it; its own report is refused', async (t) => {
  const { agent, first, serves, report } = await setup(t);
  const second = await agent('engine-2');
  await second.enrol({ node: node('n2') });
  t.false(await serves(second));
  t.like(await t.throwsAsync(report(second, ['n2'])), { code: 'manager-unconfirmed', status: 403 });
  t.false(await serves(second));
  await report(first, ['n1', 'n2']);
  t.true(await serves(second));
  await t.notThrowsAsync(report(second, ['n1', 'n2']));
});

test('swarm trust: a demoted manager no longer serves the Swarm, by its own report or a manager’s', async (t) => {
  const { agent, first, serves, report } = await setup(t);
  const second = await agent('engine-2');
  await second.enrol({ node: node('n2') });
  await report(first, ['n1', 'n2']);
  await first.enrol({ node: node('n1', 'worker') });
  t.false(await serves(first), 'by its own report');
  await t.throwsAsync(report(first, ['n1']), { code: 'manager-unconfirmed' });
  await first.enrol({ node: node('n1') });
  t.true(await serves(first), 'promoted again before any report of it');
  await report(second, ['n2'], ['n1']);
  t.false(await serves(first));
  await t.throwsAsync(report(first, ['n1']), { code: 'manager-unconfirmed' });
});

test('swarm trust: a worker that claims to be a manager serves nothing and confirms no other', async (t) => {
  const { agent, first, serves, report, environment } = await setup(t);
  const worker = await agent('engine-2');
  await worker.enrol({ node: node('w1', 'worker') });
  await report(first, ['n1'], ['w1']);
  await worker.enrol({ node: node('w1', 'manager') });
  t.false(await serves(worker));
  await t.throwsAsync(report(worker, ['w1']), { code: 'manager-unconfirmed' });
  t.deepEqual((await environment()).swarm?.managers, ['n1']);
});

for (const [what, claim] of [
  ['no Swarm', null],
  ['another Swarm', node('w1', 'manager', 'other')],
] as const) {
  test(`swarm trust: a worker that claims ${what} changes nothing, though all others are silent for a day`, async (t) => {
    const { agent, clock, first, serves, environment } = await setup(t);
    const worker = await agent('engine-2');
    await worker.enrol({ node: node('w1', 'worker') });
    clock.advance(DAY_MS);
    await worker.enrol({ node: claim });
    const { instances, swarm } = await environment();
    t.like(instances[1], { isOutside: true, node: { nodeId: 'w1', role: 'worker', swarmId: '' } });
    t.deepEqual(swarm, { id: 'swarm', managers: ['n1'] });
    t.deepEqual(
      instances.map(({ id }) => id),
      [first.instance.instanceId, worker.instance.instanceId],
    );
    t.false(await serves(worker));
  });
}

for (const [whose, taken] of [
  ['the manager’s', node('n1')],
  ['another worker’s', node('w2', 'worker')],
] as const) {
  test(`swarm trust: a worker does not get ${whose} node, though that is silent for a day`, async (t) => {
    const { agent, clock, environment } = await setup(t);
    const other = await agent('engine-2');
    await other.enrol({ node: node('w2', 'worker') });
    const worker = await agent('engine-3');
    await worker.enrol({ node: node('w1', 'worker') });
    clock.advance(DAY_MS);
    await t.throwsAsync(worker.enrol({ node: taken }), { code: 'duplicate' }, 'as itself');
    const reinstalled = await agent('engine-3');
    await t.throwsAsync(reinstalled.enrol({ node: taken }), { code: 'duplicate' }, 'as a new agent');
    const nodes = (await environment()).instances.map((one) => one.node?.nodeId);
    t.deepEqual(nodes, ['n1', 'w2', 'w1']);
  });
}

test('swarm trust: a manager whose data folder was lost is trusted again after two intervals', async (t) => {
  const { agent, clock, first, serves } = await setup(t);
  const reinstalled = await agent('engine-1');
  await t.throwsAsync(reinstalled.enrol({ node: node('n1') }), { code: 'duplicate' });
  clock.advance(10_001);
  await reinstalled.enrol({ node: node('n1') });
  t.true(await serves(reinstalled));
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
});

test('swarm trust: an agent that starts while its engine does not answer keeps its identity', async (t) => {
  const { first, serves, environment } = await setup(t);
  await first.enrol({ node: null, engineId: null });
  t.deepEqual((await environment()).swarm, { id: 'swarm', managers: ['n1'] });
  t.true(await serves(first));
});

test('swarm trust: a trusted manager may leave its Swarm, and make a new one', async (t) => {
  const { first, serves, environment } = await setup(t);
  await first.enrol({ node: null });
  t.is((await environment()).swarm, null);
  t.true(await serves(first));
  await first.enrol({ node: node('n9', 'manager', 'second') });
  t.deepEqual((await environment()).swarm, { id: 'second', managers: ['n9'] });
  await first.enrol({ node: node('n10', 'manager', 'third') });
  t.deepEqual((await environment()).swarm, { id: 'third', managers: ['n10'] });
});

test('swarm trust: a worker that enrols again while all are silent removes no manager and inherits nothing', async (t) => {
  const { agent, clock, first, environment, serves, report } = await setup(t);
  const worker = await agent('engine-2');
  await worker.enrol({ node: node('n2', 'worker') });
  await report(first, ['n1'], ['n2']);
  clock.advance(DAY_MS);
  const reinstalled = await agent('engine-2');
  for (const claim of [null, node('n2', 'worker'), node('n2'), node('n1'), node('n2', 'manager', 'other')]) {
    await reinstalled.enrol({ node: claim }).catch(() => undefined);
    t.false(await serves(reinstalled), JSON.stringify(claim));
  }
  t.is((await environment()).instances[0]?.id, first.instance.instanceId);
  await first.enrol({ node: node('n1') });
  t.truthy((await first.checkIn()).reply);
  t.true(await serves(first));
});

test('swarm trust: a worker that chooses its engine id removes no other agent', async (t) => {
  const { agent, clock, first, environment } = await setup(t);
  clock.advance(DAY_MS);
  const stranger = await agent('engine-9');
  t.like(await t.throwsAsync(stranger.enrol({ node: null })), { code: 'swarm-mismatch' });
  await stranger.enrol({ node: node('n9', 'worker') });
  t.deepEqual(
    (await environment()).instances.map(({ id }) => id),
    [first.instance.instanceId, stranger.instance.instanceId],
  );
});

test('swarm trust: a machine with a silent manager’s engine id does not get its node', async (t) => {
  const { agent, clock, first, environment, serves } = await setup(t);
  const worker = await agent('engine-2');
  await worker.enrol({ node: node('n2', 'worker') });
  clock.advance(DAY_MS);
  await worker.checkIn();
  const twin = await agent('engine-1');
  for (const claim of [null, node('n9', 'manager', 'other')]) {
    t.like(await t.throwsAsync(twin.enrol({ node: claim })), { code: 'swarm-mismatch' });
  }
  t.is((await environment()).instances[0]?.id, first.instance.instanceId);
  await first.enrol({ node: node('n1') });
  t.true(await serves(first));
});

test('swarm trust: a reinstalled manager is the authority again, and no worker can replace it', async (t) => {
  const { agent, clock, environment, serves } = await setup(t);
  const worker = await agent('engine-2');
  await worker.enrol({ node: node('n2', 'worker') });
  clock.advance(DAY_MS);
  const reinstalled = await agent('engine-1');
  await reinstalled.enrol({ node: node('n1') });
  t.is((await environment()).swarmAuthority, reinstalled.instance.instanceId);
  await worker.enrol({ node: node('n2') });
  t.deepEqual([await serves(reinstalled), await serves(worker)], [true, false]);
});

test('swarm trust: a demoted first manager cannot restore its own trust', async (t) => {
  const { agent, first, serves, report } = await setup(t);
  const second = await agent('engine-2');
  await second.enrol({ node: node('n2') });
  await report(first, ['n1', 'n2']);
  await report(second, ['n2'], ['n1']);
  t.false(await serves(first));
  await first.enrol({ node: node('n1') });
  t.deepEqual([await serves(first), await serves(second)], [false, true]);
  await report(second, ['n1', 'n2']);
  t.true(await serves(first), 'another manager reports its promotion');
});

test('swarm trust: ends with disassociation and with rotation without overlap', async (t) => {
  const { hub, id, clock, environment } = await setup(t);
  await hub.call('DELETE', `/api/environments/${id}/association`);
  t.is((await environment()).swarm, null);
  const rotated = await hub.call<{ edgeKey: string }>('POST', `/api/environments/${id}/rotate-key`, {
    overlapSeconds: 0,
  });
  const { edgeKey } = rotated.body;
  const edgeId = '11111111-2222-4333-8444-555555555555';
  const other = await makeInstance(t, { edgeId, edgeKey, clock, engineId: 'engine-2' });
  await other.enrol({ node: node('x1', 'manager', 'other') });
  t.deepEqual((await environment()).swarm, { id: 'other', managers: ['x1'] });
  await hub.call('POST', `/api/environments/${id}/rotate-key`, { overlapSeconds: 0 });
  t.is((await environment()).swarm, null);
});

test('swarm trust: a manager without a quorum, which cannot name its Swarm, revokes no trust', async (t) => {
  const { agent, first, serves, report, environment } = await setup(t);
  const second = await agent('engine-2');
  await second.enrol({ node: node('n2') });
  await report(first, ['n1', 'n2']);
  await second.enrol({ node: node('n2', 'manager', '') });
  t.deepEqual((await environment()).swarm, { id: 'swarm', managers: ['n1', 'n2'] });
  t.true(await serves(first));
  t.true(await serves(second));
});
