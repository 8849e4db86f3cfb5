import test from 'ava';
import { Engine } from '../../../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../../../agent-image/src/docker/snapshot/take.js';
import { snapshotSchema } from '../../../../../protocol/messages/snapshot.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { type Answer, startFakeEngine } from '../fake-engine.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');
// Tests with a deadline are serial: the big answers of the others would keep the process busy past it.
const hang: Answer = () => {};

test('snapshot: reports what the engine runs, and fits its schema', async (t) => {
  const { address, requests, peak } = await startFakeEngine(t);
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.deepEqual(snapshot, {
    takenAt: '2026-01-01T12:00:00.000Z',
    ageMs: 0,
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
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW), {
    deadlineMs: 2_000,
  });
  t.deepEqual(
    snapshot.errors.toSorted((a, b) => a.part.localeCompare(b.part)),
    [
      { part: 'containers', code: 'engine-timeout' },
      { part: 'images', code: 'engine-refused' },
      { part: 'volumes', code: 'engine-bad-answer' },
    ],
  );
  t.like(snapshot.counts, { containers: 3, running: 1, images: 2, volumes: null, networks: 1 });
  t.deepEqual([snapshot.containers, snapshot.images, snapshot.volumes], [[], [], []]);
  t.is(snapshot.networks.length, 1);
});

test.serial('snapshot: without /info the lists are counted', async (t) => {
  const { address } = await startFakeEngine(t, { '/info': hang });
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW), {
    deadlineMs: 2_000,
  });
  t.is(snapshot.engine, null);
  t.is(snapshot.swarm, null);
  t.like(snapshot.counts, { containers: 3, running: 1, paused: 1, stopped: 1 });
});

test('snapshot: an engine that is not there gives an empty one that names every part', async (t) => {
  const engine = new Engine({ kind: 'unix', path: '/nowhere/engine.sock' }, systemClock);
  const snapshot = await takeSnapshot(engine, new FakeClock(NOW));
  t.deepEqual(new Set(snapshot.errors.map(({ code }) => code)), new Set(['engine-unreachable']));
  t.is(snapshot.errors.length, 6);
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
});
