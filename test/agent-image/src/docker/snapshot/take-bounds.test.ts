import test from 'ava';
import { Engine } from '../../../../../agent-image/src/docker/engine.js';
import { takeSnapshot } from '../../../../../agent-image/src/docker/snapshot/take.js';
import { snapshotSchema } from '../../../../../protocol/messages/snapshot.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { infoWith, startFakeEngine } from '../fake-engine.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');

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
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW));
  t.deepEqual(snapshotSchema.parse(snapshot), snapshot);
  t.is(snapshot.containers.length, 3);
  t.deepEqual(Object.keys(snapshot.containers[0]?.labels ?? {}), ['ok', 'n']);
});

test('snapshot: lists longer than the schema allows are cut, and their full length is reported', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': () => {},
    '/images/json': Array.from({ length: 20_050 }, (_, index) => ({ Id: `${index}`, RepoTags: null })),
  });
  const snapshot = await takeSnapshot(new Engine(address, systemClock), new FakeClock(NOW), {
    deadlineMs: 5_000,
  });
  t.is(snapshot.images.length, 20_000);
  t.is(snapshot.counts.images, 20_050);
  t.true(snapshot.errors.some(({ part, code }) => part === 'images' && code === 'list-truncated'));
});
