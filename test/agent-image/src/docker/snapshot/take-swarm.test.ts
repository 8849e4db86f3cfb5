import test from 'ava';
import { Engine } from '../../../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../../../agent-image/src/docker/snapshot/take.js';
import { snapshotSchema } from '../../../../../protocol/messages/snapshot.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { infoWith, startFakeEngine } from '../fake-engine.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const MANAGER = infoWith({
  Swarm: {
    NodeID: 'node1',
    LocalNodeState: 'active',
    ControlAvailable: true,
    Managers: 3,
    Nodes: 5,
    Cluster: { ID: 'swarm1' },
  },
});

const SERVICE = {
  ID: 's1',
  Spec: {
    Name: 'shop_web',
    Labels: { 'com.docker.stack.namespace': 'shop' },
    TaskTemplate: { ContainerSpec: { Image: 'nginx:1@sha256:1' } },
    Mode: { Replicated: { Replicas: 3 } },
  },
};

function taskOf(id: string, state: string, desired = 'running') {
  const status = { State: state, Timestamp: '2026-01-01T11:00:00.123456789Z', Err: 'no such image' };
  return {
    ...{ ID: id, ServiceID: 's1', NodeID: 'node1', Slot: 2, DesiredState: desired },
    Status: { ...status, ContainerStatus: { ContainerID: 'c1' } },
  };
}

test('snapshot: reports a manager’s Swarm, its services and their current tasks', async (t) => {
  const { address, requests } = await startFakeEngine(t, {
    '/info': MANAGER,
    '/services': [{ ...SERVICE, ServiceStatus: { RunningTasks: 1, DesiredTasks: 3 } }],
    '/tasks': [taskOf('t1', 'running'), taskOf('t2', 'pending')],
  });
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.deepEqual(snapshot.errors, []);
  t.deepEqual(snapshot.swarm, { id: 'swarm1', nodeId: 'node1', role: 'manager', managers: 3, nodes: 5 });
  t.deepEqual(snapshot.services, [
    {
      ...{ id: 's1', name: 'shop_web', image: 'nginx:1@sha256:1', mode: 'replicated' },
      ...{ running: 1, desired: 3, stack: 'shop' },
    },
  ]);
  t.is(snapshot.tasks?.length, 2);
  t.deepEqual(snapshot.tasks?.[1], {
    ...{ id: 't2', serviceId: 's1', nodeId: 'node1', slot: 2, state: 'pending', desiredState: 'running' },
    ...{ error: 'no such image', containerId: 'c1', changedAt: '2026-01-01T11:00:00.123Z' },
  });
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  t.true(requests.some((request) => request.startsWith('GET /services?status=true')));
  t.true(
    requests.some((request) => /^GET \/tasks\?filters=.*desired-state/.test(request)),
    requests.join('\n'),
  );
});

test('snapshot: counts running tasks if the engine does not report their number', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': MANAGER,
    '/services': [SERVICE, { ID: 's2', Spec: { Name: 'all', Mode: { Global: {} } } }],
    '/tasks': [
      ...[taskOf('t1', 'running'), taskOf('t2', 'pending'), taskOf('t3', 'running', 'shutdown')],
      ...[{ ...taskOf('t4', 'running'), ServiceID: 's2' }],
    ],
  });
  const { services } = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.deepEqual(
    services?.map(({ name, mode, running, desired, stack }) => [name, mode, running, desired, stack]),
    [
      ['shop_web', 'replicated', 1, 3, 'shop'],
      ['all', 'global', 1, 1, null],
    ],
  );
});

test('snapshot: a worker is asked for nothing that only managers know', async (t) => {
  const { address, requests } = await startFakeEngine(t, {
    '/info': infoWith({ Swarm: { NodeID: 'node1', LocalNodeState: 'active', ControlAvailable: false } }),
  });
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.is(snapshot.swarm?.role, 'worker');
  t.false('services' in snapshot || 'tasks' in snapshot);
  t.false(requests.some((request) => /services|tasks/.test(request)));
});

test('snapshot: a manager that does not answer about services says so', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': MANAGER,
    '/services': (_request, response) => void response.writeHead(503).end('{"message":"no quorum"}'),
    '/tasks': [null, 5, { Slot: -1, Status: { Timestamp: 'now', State: {} } }],
  });
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.deepEqual(snapshot.errors, [{ part: 'services', code: 'engine-refused' }]);
  t.deepEqual(snapshot.services, []);
  t.is(snapshot.tasks?.length, 3);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
});
