import test from 'ava';
import { memberOf, startSwarmAgents } from '../../../kit/swarm/agents.js';

test('nodes: none outside a Swarm', async (t) => {
  const { hub, path } = await startSwarmAgents(t);
  t.deepEqual((await hub.call('GET', path('/nodes'))).body, { items: [] });
});

test('nodes: as the manager reports them, each with its agent, then those that only an agent reports', async (t) => {
  const { hub, created, join, nodes, path } = await startSwarmAgents(t);
  const manager = await join('n1', 'manager');
  const worker = await join('n2', 'worker');
  const [before, other] = await nodes();
  t.like(before, {
    id: 'n1',
    name: 'name of n1',
    role: 'manager',
    confirmed: false,
    availability: null,
    cpus: null,
  });
  t.like(other, { id: 'n2', role: 'worker', confirmed: false });

  const reported = [
    memberOf('n1', 'manager', { isLeader: true }),
    memberOf('n2', 'worker', { availability: 'drain', state: 'down' }),
    memberOf('n3', 'worker'),
  ];
  await manager.client.postSwarm({ swarmId: 's', nodes: reported });
  const stranger = await join('n9', 'worker');
  await stranger.checkIn({ query: { engine: 'down' } });
  await hub.call('POST', path('/tunnel'));
  await manager.checkIn();
  const [first, second, third, fourth, ...more] = await nodes();
  t.deepEqual(more, []);
  t.like(first, { ...reported[0], confirmed: true });
  const { lastCheckInAt, ...agent } = first?.agent ?? {};
  t.deepEqual(agent, {
    ...{ instanceId: manager.instance.instanceId, version: '0.0.0', platform: 'linux/amd64', online: true },
    ...{ engine: 'up', problem: null, tunnel: 'idle', isLeader: true },
  });
  t.true(Math.abs(Date.parse(lastCheckInAt ?? '') - Date.now()) < 30_000, lastCheckInAt ?? '');
  t.like(second, { ...reported[1], agent: { instanceId: worker.instance.instanceId, isLeader: false } });
  t.like(third, { ...reported[2], confirmed: true, agent: null });
  t.like(fourth, { id: 'n9', confirmed: false, agent: { engine: 'down', problem: 'engine-unreachable' } });

  const view = await hub.view(created.id);
  t.is(view.agent?.instanceId, manager.instance.instanceId);
  t.deepEqual(view.swarm, {
    ...{ id: 's', nodeId: 'n1', role: 'manager', managers: 1, nodes: 3 },
    ...{ leaderNodeId: 'n1', nodesOnline: 2 },
  });
});

test('nodes: without a manager each agent reports itself, and the leader stands for the environment', async (t) => {
  const { hub, created, join, nodes, path } = await startSwarmAgents(t);
  await join('n1', 'worker');
  t.like(await hub.view(created.id), { agent: { instanceId: (await nodes())[0]?.agent?.instanceId } });
  const second = await join('n2', 'worker');
  await hub.call('POST', path('/tunnel'));
  await second.checkIn();
  const leads = (await nodes()).map(({ id, confirmed, agent }) => [id, confirmed, agent?.isLeader]);
  t.deepEqual(leads, [
    ['n1', false, false],
    ['n2', false, true],
  ]);
  const view = await hub.view(created.id);
  t.is(view.agent?.instanceId, second.instance.instanceId);
  t.like(view.swarm, { id: '', nodeId: 'n2', role: 'worker', managers: 0, nodes: 2, leaderNodeId: 'n2' });
});

test('nodes: the report of another Swarm’s manager is not shown for this one', async (t) => {
  const { hub, created, join, nodes, path } = await startSwarmAgents(t);
  const manager = await join('n1', 'manager');
  await manager.client.postSwarm({
    swarmId: 's',
    nodes: [memberOf('n1', 'manager'), memberOf('n2', 'worker')],
  });
  t.is((await nodes()).length, 2);
  await hub.call('DELETE', path('/association'));
  t.deepEqual(await nodes(), []);
  t.is((await hub.view(created.id)).swarm, null);
});
