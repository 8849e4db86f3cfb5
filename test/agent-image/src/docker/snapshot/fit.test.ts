import test from 'ava';
import fc from 'fast-check';
import { fitSnapshot } from '../../../../../agent-image/src/docker/snapshot/fit.js';
import { isModestJson, SNAPSHOT_BOUNDS } from '../../../../../protocol/messages/modest-json.js';
import { type Snapshot, snapshotSchema } from '../../../../../protocol/messages/snapshot.js';

function snapshotOf(containers: number, images: number, label = 'x'): Snapshot {
  return {
    takenAt: '2026-01-01T12:00:00.000Z',
    engine: null,
    counts: { containers, running: 0, paused: 0, stopped: containers, images, volumes: 1, networks: 0 },
    containers: Array.from({ length: containers }, (_, index) => ({
      id: `c${index}`,
      names: ['größe'],
      image: 'image',
      state: 'exited',
      status: '',
      createdAt: '',
      labels: { label },
    })),
    images: Array.from({ length: images }, (_, index) => ({
      id: `${index}`,
      tags: [],
      bytes: 1,
      createdAt: '',
    })),
    volumes: [{ name: 'v', driver: 'local', labels: { label } }],
    networks: [],
    swarm: null,
    errors: [],
  };
}

const sizeOf = (snapshot: Snapshot) => Buffer.byteLength(JSON.stringify(snapshot));

test('fit snapshot: leaves alone what fits', (t) => {
  const snapshot = snapshotOf(3, 3);
  t.is(fitSnapshot(snapshot, sizeOf(snapshot)), snapshot);
});

const task = {
  ...{ id: 't', serviceId: 's', nodeId: 'n', slot: 1, state: 'running', desiredState: 'running' },
  ...{ error: '', containerId: 'c', changedAt: '' },
};
const service = { id: 's', name: 'n', image: 'i', mode: 'global', running: 1, desired: 1, stack: null };

test('fit snapshot: tasks go before all else, services are cut as other lists', (t) => {
  const rest = snapshotOf(3, 3);
  const fitted = fitSnapshot({ ...rest, services: [service], tasks: Array(100).fill(task) }, 2_000);
  const errors = [{ part: 'tasks', code: 'list-truncated' }];
  t.deepEqual(fitted, { ...rest, services: [service], tasks: [], errors });
  const cut = fitSnapshot({ ...rest, services: Array(100).fill(service), tasks: [task] }, 2_000);
  t.true(sizeOf(cut) <= 2_000);
  t.true(cut.errors.some(({ part, code }) => part === 'services' && code === 'list-truncated'));
  snapshotSchema.parse(cut);
});

test('fit snapshot: labels go first, and nothing else if that is enough', (t) => {
  const snapshot = snapshotOf(10, 10, 'x'.repeat(4000));
  const fitted = fitSnapshot(snapshot, 5_000);
  t.is(fitted.containers.length, 10);
  t.true(fitted.containers.every((container) => container.labels === undefined));
  t.true(fitted.volumes.every((volume) => volume.labels === undefined));
  t.deepEqual(fitted.errors, [
    { part: 'containers', code: 'labels-dropped' },
    { part: 'volumes', code: 'labels-dropped' },
  ]);
});

test('fit snapshot: then lists are cut at their ends, and counts stay true', (t) => {
  const fitted = fitSnapshot(snapshotOf(100, 100), 4_000);
  t.true(sizeOf(fitted) <= 4_000);
  t.true(fitted.containers.length > 0 && fitted.containers.length < 100);
  t.is(fitted.counts.containers, 100);
  t.deepEqual(
    fitted.errors.filter(({ code }) => code === 'list-truncated').map(({ part }) => part),
    ['containers', 'images', 'volumes'],
  );
});

test('fit snapshot: the result fits and parses whatever the sizes', (t) => {
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.nat(60),
      fc.integer({ min: 1_200, max: 12_000 }),
      (containers, images, maxBytes) => {
        const fitted = fitSnapshot(snapshotOf(containers, images, 'x'.repeat(50)), maxBytes);
        snapshotSchema.parse(fitted);
        return sizeOf(fitted) <= maxBytes;
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

test('fit snapshot: what has more members than a hub takes loses its labels', (t) => {
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l${index}`, '']));
  const snapshot = snapshotOf(2_000, 1);
  const wide = { ...snapshot, containers: snapshot.containers.map((one) => ({ ...one, labels })) };
  const fitted = fitSnapshot(wide, 64 * 1024 * 1024);
  t.true(isModestJson(Buffer.from(JSON.stringify(fitted)), SNAPSHOT_BOUNDS));
  t.is(fitted.containers.length, 2_000);
  t.true(fitted.errors.some(({ code }) => code === 'labels-dropped'));
});
