import test from 'ava';
import fc from 'fast-check';
import { type Snapshot, snapshotSchema } from '../../../protocol/messages/snapshot.js';
import { EMPTY_SNAPSHOT as EMPTY } from '../../kit/snapshot.js';

const engine = {
  id: 'e',
  name: 'host',
  version: '28.0',
  apiVersion: '1.48',
  os: 'Debian',
  arch: 'x86_64',
  kernel: '6.1',
  cpus: 2,
  memoryBytes: 4_000_000_000,
  kind: 'docker',
};
const container = {
  id: 'c',
  names: ['/web'],
  image: 'web',
  state: 'running',
  status: 'Up 2 hours',
  createdAt: 'x',
};
const image = { id: 'i', tags: ['web:1'], bytes: 1, createdAt: 'x' };
const volume = { name: 'v', driver: 'local', labels: { a: 'b' } };
const network = { id: 'n', name: 'bridge', driver: 'bridge', scope: 'local' };
const swarm = { id: 's', nodeId: 'n', role: 'manager', managers: 1, nodes: 3 };
const service = { id: 's', name: 'web', image: 'i', mode: 'global', running: 1, desired: 1, stack: null };
const task = {
  ...{ id: 't', serviceId: 's', nodeId: 'n', slot: null, state: 'running', desiredState: 'running' },
  ...{ error: '', containerId: 'c', changedAt: 'x' },
};
/** Members that only managers report. */
const OPTIONAL = { services: [service], tasks: [task] };
const FULL: Snapshot = {
  ...EMPTY,
  engine,
  containers: [container],
  images: [image],
  volumes: [volume],
  networks: [network],
  swarm,
  ...OPTIONAL,
  errors: [{ part: 'volumes', code: 'engine-timeout' }],
};

const accepts = (value: unknown) => snapshotSchema.safeParse(value).success;

test('snapshot: an empty one and a full one are read as they are', (t) => {
  t.deepEqual(snapshotSchema.parse(EMPTY), EMPTY);
  t.deepEqual(snapshotSchema.parse(FULL), FULL);
});

test('snapshot: fields of a newer agent are dropped at each depth', (t) => {
  const future = {
    ...FULL,
    future: 1,
    engine: { ...engine, future: 1 },
    counts: { ...FULL.counts, future: 1 },
    containers: [{ ...container, future: { deep: true } }],
    swarm: { ...swarm, future: [] },
  };
  t.deepEqual(snapshotSchema.parse(future), FULL);
});

test('snapshot: each member is required, except those that only managers report', (t) => {
  for (const field of Object.keys(FULL))
    t.is(accepts({ ...FULL, [field]: undefined }), field in OPTIONAL, field);
});

const REFUSED: [title: string, value: unknown][] = [
  ['null', null],
  ['an array', []],
  ['a negative count', { ...EMPTY, counts: { ...EMPTY.counts, images: -1 } }],
  ['a count with a fraction', { ...EMPTY, counts: { ...EMPTY.counts, images: 0.5 } }],
  ['a count beyond exact integers', { ...EMPTY, counts: { ...EMPTY.counts, images: 2 ** 53 } }],
  ['more than 20,000 containers', { ...EMPTY, containers: Array(20_001).fill(container) }],
  ['more than 20,000 images', { ...EMPTY, images: Array(20_001).fill(image) }],
  ['more than 20,000 volumes', { ...EMPTY, volumes: Array(20_001).fill(volume) }],
  ['more than 20,000 networks', { ...EMPTY, networks: Array(20_001).fill(network) }],
  ['more than 20,000 services', { ...EMPTY, services: Array(20_001).fill(service) }],
  ['more than 20,000 tasks', { ...EMPTY, tasks: Array(20_001).fill(task) }],
  ['a long error of a task', { ...EMPTY, tasks: [{ ...task, error: 'x'.repeat(513) }] }],
  ['more than 32 errors', { ...EMPTY, errors: Array(33).fill({ part: 'p', code: 'c' }) }],
  ['more than 64 names', { ...EMPTY, containers: [{ ...container, names: Array(65).fill('/n') }] }],
  ['more than 256 tags', { ...EMPTY, images: [{ ...image, tags: Array(257).fill('t') }] }],
  ['an image of negative size', { ...EMPTY, images: [{ ...image, bytes: -1 }] }],
  ['an image of infinite size', { ...EMPTY, images: [{ ...image, bytes: Number.POSITIVE_INFINITY }] }],
  ['a name that is no text', { ...EMPTY, containers: [{ ...container, names: [5] }] }],
  ['a long label', { ...EMPTY, volumes: [{ ...volume, labels: { a: 'x'.repeat(4097) } }] }],
  ['a long label name', { ...EMPTY, volumes: [{ ...volume, labels: { ['x'.repeat(513)]: '' } }] }],
  ['a label that is no text', { ...EMPTY, volumes: [{ ...volume, labels: { a: {} } }] }],
  ['a long time', { ...EMPTY, takenAt: 'x'.repeat(41) }],
  ['a long engine name', { ...EMPTY, engine: { ...engine, name: 'x'.repeat(256) } }],
  ['half an engine', { ...EMPTY, engine: { id: 'e' } }],
  ['a long Swarm role', { ...EMPTY, swarm: { ...swarm, role: 'x'.repeat(17) } }],
];

for (const [title, value] of REFUSED) {
  test(`snapshot: refuses ${title}`, (t) => {
    t.false(accepts(value));
  });
}

test('snapshot: the bounds themselves are allowed', (t) => {
  t.true(
    accepts({ ...EMPTY, containers: Array(20_000).fill({ ...container, names: Array(64).fill('/n') }) }),
  );
  t.true(accepts({ ...EMPTY, volumes: [{ ...volume, labels: { ['x'.repeat(512)]: 'y'.repeat(4096) } }] }));
  t.true(accepts({ ...EMPTY, images: [{ ...image, tags: Array(256).fill('t'.repeat(1024)) }] }));
});

test('snapshot: no label name reaches a prototype', (t) => {
  const hostile = JSON.parse(
    '{"name":"v","driver":"local","labels":{"__proto__":"a","constructor":"b","toString":"c","ok":"d"}}',
  );
  const [read] = snapshotSchema.parse({ ...EMPTY, volumes: [hostile] }).volumes;
  t.is(read?.labels?.ok, 'd');
  t.is(Object.getPrototypeOf(read?.labels ?? {}), Object.prototype);
  t.is(({} as Record<string, unknown>).a, undefined);
});

test('snapshot: any text is kept character by character', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const given = { ...EMPTY, containers: [{ ...container, image: text, names: [text] }] };
      t.deepEqual(snapshotSchema.parse(JSON.parse(JSON.stringify(given))).containers, given.containers);
    }),
  );
});

test('snapshot: any JSON is read or refused, and what is read is read again the same', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(FULL)), (value, field) => {
      const result = snapshotSchema.safeParse({ ...FULL, [field]: value });
      if (result.success) t.deepEqual(snapshotSchema.parse(result.data), result.data);
      else t.true(result.error.issues.length > 0);
    }),
    { numRuns: 500 },
  );
});
