import test from 'ava';
import { containersOfList } from '../../../../../plugin/ui-panel/engine/model/container.js';
import { imagesOfList } from '../../../../../plugin/ui-panel/engine/model/image.js';
import { networksOfList } from '../../../../../plugin/ui-panel/engine/model/network.js';
import { nodesOfList } from '../../../../../plugin/ui-panel/engine/model/node.js';
import { servicesOfList } from '../../../../../plugin/ui-panel/engine/model/service.js';
import { stacksOfList } from '../../../../../plugin/ui-panel/engine/model/stack.js';
import { tasksOfList } from '../../../../../plugin/ui-panel/engine/model/task.js';
import { volumesOfList } from '../../../../../plugin/ui-panel/engine/model/volume.js';
import { pruneResult } from '../../../../../plugin/ui-panel/resources/prune.js';
import { parseContainerStats } from '../../../../../plugin/ui-panel/tools/stats/container-stats.js';

/** What an engine may say where something else belongs. */
const STRANGE: unknown[] = [
  null,
  undefined,
  true,
  5,
  -1e300,
  'constructor',
  '__proto__',
  '',
  [],
  [null],
  [[]],
  [5],
  ['x'],
  [{}],
  {},
  { length: 3 },
  { x: null },
  { x: 5, y: [] },
];

const CONTAINER = {
  Id: 'c1',
  Names: ['/web'],
  Image: 'web:1',
  ImageID: 'i1',
  State: 'running',
  Status: 'Up 4 minutes',
  Ports: [{ IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }],
  Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
  Mounts: [{ Type: 'volume', Name: 'data' }],
  NetworkSettings: { Networks: { front: { NetworkID: 'n1' } } },
};
const IMAGE = { Id: 'i1', RepoTags: ['web:1'], RepoDigests: ['web@sha256:1'], Size: 10, Created: 5 };
const NETWORK = {
  Id: 'n1',
  Name: 'front',
  Driver: 'bridge',
  Scope: 'local',
  IPAM: { Config: [{ Subnet: '10.0.0.0/24' }] },
};
const VOLUME = { Name: 'data', Driver: 'local', Mountpoint: '/x', CreatedAt: '2026-01-02T03:04:05Z' };
const SERVICE = {
  ID: 's1',
  Spec: {
    Name: 'web',
    Labels: { 'com.docker.stack.namespace': 'shop' },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ForceUpdate: 1, ContainerSpec: { Image: 'web:1@sha256:1' } },
  },
  PreviousSpec: {},
  Endpoint: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }] },
  UpdateStatus: { State: 'completed', Message: 'done' },
  ServiceStatus: { RunningTasks: 1, DesiredTasks: 2 },
};
const NODE = {
  ID: 'n1',
  Spec: { Role: 'manager', Availability: 'active' },
  Description: {
    Hostname: 'one',
    Resources: { NanoCPUs: 1e9, MemoryBytes: 1 },
    Engine: { EngineVersion: '28' },
  },
  Status: { State: 'ready', Message: 'x', Addr: '10.0.0.1' },
  ManagerStatus: { Leader: true, Reachability: 'reachable' },
};
const TASK = {
  ID: 't1',
  ServiceID: 's1',
  NodeID: 'n1',
  Slot: 1,
  DesiredState: 'running',
  Spec: { ContainerSpec: { Image: 'web:1' } },
  Status: {
    State: 'running',
    Timestamp: '2026-01-02T03:04:05Z',
    Err: 'x',
    ContainerStatus: { ContainerID: 'c1' },
  },
};
const NAMES = new Map([['s1', 'web']]);

type Row = { readonly id: string; readonly name: string };
/** How each kind is read, with an item of it. */
const KINDS: Record<string, { item: object; read: (items: readonly unknown[]) => readonly Row[] }> = {
  containers: { item: CONTAINER, read: containersOfList },
  images: { item: IMAGE, read: (items) => imagesOfList(items, [CONTAINER]) },
  networks: { item: NETWORK, read: (items) => networksOfList(items, [CONTAINER]) },
  volumes: { item: VOLUME, read: (items) => volumesOfList(items, [CONTAINER]) },
  services: { item: SERVICE, read: servicesOfList },
  nodes: { item: NODE, read: (items) => nodesOfList(items, [], []) },
  tasks: { item: TASK, read: (items) => tasksOfList(items, NAMES, NAMES) },
};
/** What containers use is found in their list. */
const USERS: Record<string, (containers: readonly unknown[]) => unknown> = {
  images: (containers) => imagesOfList([IMAGE], containers),
  networks: (containers) => networksOfList([NETWORK], containers),
  volumes: (containers) => volumesOfList([VOLUME], containers),
  stacks: (containers) => stacksOfList(containers, null),
};
const IDS = ['Id', 'ID'];

/** The value with something strange at each of its places in turn, but where its id is. */
function* spoilt(value: unknown, isVolume = false): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (IDS.includes(key) || (isVolume && key === 'Name')) continue;
    const withOther = (other: unknown) =>
      Array.isArray(value)
        ? value.map((item, at) => (String(at) === key ? other : item))
        : { ...value, [key]: other };
    for (const strange of STRANGE) yield withOther(strange);
    for (const below of spoilt(inner)) yield withOther(below);
  }
}

/** What it is made of, whatever it says. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'texts' : 'list';
  return value === null ? 'object' : typeof value;
}
const NULLABLE: Record<string, string[]> = {
  services: ['replicas'],
  nodes: ['availability', 'state', 'reachability', 'engineVersion', 'cpus', 'memoryBytes'],
};

for (const [kind, { item, read }] of Object.entries(KINDS))
  test(`hostile items: an odd item of ${kind} is a row with its id, and does not affect others`, (t) => {
    const other = { ...structuredClone(item), Id: 'other', ID: 'other', Name: 'other' };
    const [healthy] = read([item]);
    const [alone] = read([other]);
    let count = 0;
    for (const strange of spoilt(item, kind === 'volumes')) {
      const rows = read([strange, other]);
      const text = JSON.stringify(strange);
      const row = rows.find(({ id }) => id.startsWith(healthy?.id.split(' ')[0] ?? '?'));
      t.truthy(row?.name, text);
      t.deepEqual(rows.filter(({ id }) => id.startsWith('other')).slice(-1), alone ? [alone] : [], text);
      for (const [name, value] of Object.entries(healthy ?? {})) {
        const shape = shapeOf(Object(row)[name]);
        if (!(shape === 'object' && NULLABLE[kind]?.includes(name))) t.is(shape, shapeOf(value), name);
      }
      count += 1;
    }
    t.true(count > 50);
  });

for (const [kind, read] of Object.entries(USERS))
  test(`hostile items: odd containers do not affect ${kind}`, (t) => {
    for (const strange of spoilt(CONTAINER)) t.notThrows(() => read([strange, CONTAINER]));
  });

test('hostile items: a stack’s services, prune results and stats may be anything', (t) => {
  for (const strange of spoilt(SERVICE)) {
    const rows = stacksOfList([], [strange, { ...SERVICE, ID: 's2' }]);
    const row = rows.find(({ name }) => name === 'shop');
    t.true(Number.isInteger(row?.running));
  }
  const pruned = { ImagesDeleted: [{ Untagged: 'x' }], VolumesDeleted: ['x'], SpaceReclaimed: 5 };
  for (const strange of [...STRANGE, ...spoilt(pruned)]) t.is(typeof pruneResult(strange), 'string');
  const sample = {
    read: '2026-01-02T03:04:05Z',
    cpu_stats: { cpu_usage: { total_usage: 5, percpu_usage: [1] }, system_cpu_usage: 9, online_cpus: 1 },
    precpu_stats: { cpu_usage: { total_usage: 1 }, system_cpu_usage: 1 },
    memory_stats: { usage: 5, limit: 9, stats: { inactive_file: 1, total_inactive_file: 1 } },
    networks: { eth0: { rx_bytes: 1, tx_bytes: 1 } },
    blkio_stats: { io_service_bytes_recursive: [{ op: 'read', value: 1 }] },
    pids_stats: { current: 1 },
  };
  for (const strange of spoilt(sample))
    for (const value of Object.values(parseContainerStats(strange) ?? {}))
      t.true(value === null || Number.isFinite(value), JSON.stringify(strange));
});

for (const [kind, { read }] of Object.entries(KINDS))
  test(`hostile items: a response that is not a list gives no ${kind}`, (t) => {
    for (const strange of STRANGE) t.deepEqual(read(strange as never), []);
  });
