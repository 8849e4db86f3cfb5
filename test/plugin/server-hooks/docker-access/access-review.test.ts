import test from 'ava';
import { AccessReview } from '../../../../plugin/server-hooks/docker-access/access-review.js';
import type { DockerAccess } from '../../../../plugin/server-hooks/model/docker-access.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);

/** An access that lasts `days`, of which `left` are left. */
function access(days: number, left: number, certificate = 'own'): DockerAccess {
  const at = (ms: number) => new Date(ms).toISOString();
  const times = { createdAt: at(NOW + (left - days) * DAY_MS), expiresAt: at(NOW + left * DAY_MS) };
  const rest = { name: 'x', node: null, address: 'hub.test:2376', createdBy: 'admin' };
  return { id: '40000000000000000000000000000001', certificate, ...times, ...rest };
}

function review(...accesses: DockerAccess[]): AccessReview {
  const store = new MemoryStore();
  store.put(sampleEnvironment(1, { dockerAccess: undefined }));
  store.put(sampleEnvironment(2, { dockerAccess: accesses }));
  return new AccessReview({
    store,
    clock: new FakeClock(NOW),
    isOwn: (certificate) => certificate === 'own',
  });
}

for (const [days, left, expected] of [
  [90, 15, null],
  [90, 13, 'docker-access-ends-soon'],
  [365, 15, null],
  // One for a day is meant to end.
  [1, 0.5, null],
  [1, 0.1, 'docker-access-ends-soon'],
  [90, 0, 'docker-access-expired'],
] as const) {
  test(`access review: ${left} days left of ${days}: ${expected ?? 'no problem'}`, (t) => {
    const one = access(days, left);
    t.is(review().problemOf(one), expected);
    t.deepEqual(review(one).problems(), []);
  });
}

test('access review: an access of another CA is a problem of the hub, unless it has expired', (t) => {
  t.is(review().problemOf(access(90, 50, 'foreign')), 'docker-access-foreign');
  t.deepEqual(review(access(90, 50), access(90, 50, 'foreign')).problems(), ['docker-access-foreign']);
  t.deepEqual(review(access(90, -1, 'foreign')).problems(), []);
});
