import test from 'ava';
import { DockerGrants } from '../../../../plugin/server-hooks/docker-access/grants.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const [NOW, HOUR_MS] = [Date.UTC(2030, 0, 1), 3_600_000];

test('docker grants: callers of two accesses with the same name have different names', (t) => {
  const clock = new FakeClock(NOW);
  const store = new MemoryStore();
  const [sample] = sampleEnvironment(1).dockerAccess ?? [];
  if (!sample) return t.fail();
  const ids = ['4a5b6c7d000000000000000000000001', '4a5b6c7e000000000000000000000002'];
  const expiresAt = new Date(NOW + HOUR_MS).toISOString();
  store.put(sampleEnvironment(1, { dockerAccess: ids.map((id) => ({ ...sample, id, expiresAt })) }));
  const grants = new DockerGrants({ store, clock });
  t.deepEqual(
    ids.map((accessId) => grants.admit({ environmentId: 1, accessId }).principal.id),
    ['docker-access:laptop#4a5b6c7d', 'docker-access:laptop#4a5b6c7e'],
  );
});
