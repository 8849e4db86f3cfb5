import test from 'ava';
import { Engine } from '../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../agent-image/src/docker/take-snapshot.js';
import { snapshotSchema } from '../../../protocol/snapshot.js';
import { type Answer, infoWith, startFakeEngine } from './fake-engine.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');
// Tests with a deadline are serial: the big answers of the others would keep the process busy past it.
const hang: Answer = () => {};

test('snapshot: tells what the engine runs, and fits its schema', async (t) => {
  const { address, requests, peak } = await startFakeEngine(t);
  const snapshot = await takeSnapshot(new Engine(address), () => NOW);
  t.deepEqual(snapshot, {
    takenAt: '2026-01-01T12:00:00.000Z',
    engine: {
      id: 'ABCD:EFGH',
      name: 'edge-1',
      version: '28.0.1',
      apiVersion: '1.48',
      os: 'Debian GNU/Linux 12',
      arch: 'x86_64',
      kernel: '6.1.0',
      cpus: 4,
      memoryBytes: 8_000_000_000,
      kind: 'docker',
    },
    counts: { containers: 3, running: 1, paused: 1, stopped: 1, images: 1, volumes: 1, networks: 1 },
    containers: [
      {
        id: 'c1',
        names: ['web'],
        image: 'nginx:1',
        state: 'running',
        status: 'Up 3 hours',
        createdAt: '2023-11-14T22:13:20.000Z',
        labels: { tier: 'front' },
      },
      {
        id: 'c2',
        names: ['db'],
        image: 'pg',
        state: 'paused',
        status: '',
        createdAt: '2023-11-14T22:13:20.000Z',
        labels: {},
      },
      {
        id: 'c3',
        names: [],
        image: 'x',
        state: 'exited',
        status: '',
        createdAt: '2023-11-14T22:13:20.000Z',
        labels: {},
      },
    ],
    images: [{ id: 'sha256:1', tags: ['nginx:1'], bytes: 1000, createdAt: '2023-11-14T22:13:20.000Z' }],
    volumes: [{ name: 'data', driver: 'local', labels: {} }],
    networks: [{ id: 'n1', name: 'bridge', driver: 'bridge', scope: 'local' }],
    swarm: null,
    errors: [],
  });
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  t.true(peak() <= 2);
  t.true(
    requests.every((request) => !/size=|system\/df|\/v1\./.test(request)),
    requests.join('\n'),
  );
});

test.serial('snapshot: parts that hang or fail are missing and named, the others are there', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/containers/json': hang,
    '/images/json': (_request, response) => void response.writeHead(500).end('{"message":"disk"}'),
    '/volumes': (_request, response) => void response.end('<html>'),
  });
  const snapshot = await takeSnapshot(new Engine(address), () => NOW, { deadlineMs: 2_000 });
  t.deepEqual(
    snapshot.errors.toSorted((a, b) => a.part.localeCompare(b.part)),
    [
      { part: 'containers', code: 'engine-timeout' },
      { part: 'images', code: 'engine-refused' },
      { part: 'volumes', code: 'engine-bad-answer' },
    ],
  );
  t.like(snapshot.counts, { containers: 3, running: 1, images: 2, volumes: 0, networks: 1 });
  t.deepEqual([snapshot.containers, snapshot.images, snapshot.volumes], [[], [], []]);
  t.is(snapshot.networks.length, 1);
});

test.serial('snapshot: without /info the lists are counted', async (t) => {
  const { address } = await startFakeEngine(t, { '/info': hang });
  const snapshot = await takeSnapshot(new Engine(address), () => NOW, { deadlineMs: 2_000 });
  t.is(snapshot.engine, null);
  t.is(snapshot.swarm, null);
  t.like(snapshot.counts, { containers: 3, running: 1, paused: 1, stopped: 1 });
});

test('snapshot: an engine that is not there gives an empty one that names every part', async (t) => {
  const engine = new Engine({ kind: 'unix', path: '/nowhere/engine.sock' });
  const snapshot = await takeSnapshot(engine, () => NOW);
  t.deepEqual(new Set(snapshot.errors.map(({ code }) => code)), new Set(['engine-unreachable']));
  t.is(snapshot.errors.length, 6);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
});

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

test('snapshot: tells the Swarm of a manager, its services and those of their tasks that are not history', async (t) => {
  const { address, requests } = await startFakeEngine(t, {
    '/info': MANAGER,
    '/services': [{ ...SERVICE, ServiceStatus: { RunningTasks: 1, DesiredTasks: 3 } }],
    '/tasks': [taskOf('t1', 'running'), taskOf('t2', 'pending')],
  });
  const snapshot = await takeSnapshot(new Engine(address), () => NOW);
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

test('snapshot: an engine that does not tell how many tasks run has them counted', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': MANAGER,
    '/services': [SERVICE, { ID: 's2', Spec: { Name: 'all', Mode: { Global: {} } } }],
    '/tasks': [
      ...[taskOf('t1', 'running'), taskOf('t2', 'pending'), taskOf('t3', 'running', 'shutdown')],
      ...[{ ...taskOf('t4', 'running'), ServiceID: 's2' }],
    ],
  });
  const { services } = await takeSnapshot(new Engine(address), () => NOW);
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
  const snapshot = await takeSnapshot(new Engine(address), () => NOW);
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
  const snapshot = await takeSnapshot(new Engine(address), () => NOW);
  t.deepEqual(snapshot.errors, [{ part: 'services', code: 'engine-refused' }]);
  t.deepEqual(snapshot.services, []);
  t.is(snapshot.tasks?.length, 3);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
});

test('snapshot: whatever the engine says is brought into the bounds of the schema', async (t) => {
  const long = '\u{1F433}'.repeat(5_000);
  const { address } = await startFakeEngine(t, {
    '/info': infoWith({
      ID: long,
      Name: 7,
      NCPU: -1,
      MemTotal: 1.5,
      Containers: 'many',
      OperatingSystem: long,
    }),
    '/version': { ApiVersion: null },
    '/containers/json': [
      {
        Id: long,
        Names: Array(100).fill(long),
        Image: null,
        State: long,
        Status: long,
        Created: 1e300,
        Labels: { [long]: 'x', ok: long, n: 5 },
      },
      null,
      'text',
    ],
    '/images/json': [{ Id: 5, RepoTags: Array(300).fill(long), Size: -1, Created: 'now' }],
    '/volumes': { Volumes: [{ Name: {}, Driver: [], Labels: 'x' }] },
    '/networks': [{}],
  });
  const snapshot = await takeSnapshot(new Engine(address), () => NOW);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  t.is(snapshot.containers.length, 3);
  t.deepEqual(Object.keys(snapshot.containers[0]?.labels ?? {}), ['ok', 'n']);
});

test('snapshot: lists longer than the schema allows are cut, and their true length is told', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': hang,
    '/images/json': Array.from({ length: 20_050 }, (_, index) => ({ Id: `${index}`, RepoTags: null })),
  });
  const snapshot = await takeSnapshot(new Engine(address), () => NOW, { deadlineMs: 5_000 });
  t.is(snapshot.images.length, 20_000);
  t.is(snapshot.counts.images, 20_050);
  t.true(snapshot.errors.some(({ part, code }) => part === 'images' && code === 'list-truncated'));
});
