import test from 'ava';
import { endKeys, rotateKey } from '../../../../plugin/server-hooks/model/edge-keys.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const NOW_MS = Date.parse('2029-12-31T23:00:00.000Z');
const ROTATION = { secretHash: 'new', overlapSeconds: 60, nowMs: NOW_MS, addresses: {} };
const LASTING = { generation: 3, secretHash: 'c', expiresAt: null };

test('edge keys: a rotation adds a key, lifts bars, and extends no valid key', (t) => {
  const expired = { generation: 1, secretHash: 'a', expiresAt: '2029-12-31T22:59:59.000Z' };
  const soon = { generation: 2, secretHash: 'b', expiresAt: '2029-12-31T23:00:30.000Z' };
  const before = sampleEnvironment(1, { keys: [expired, soon, LASTING] });
  t.deepEqual(rotateKey(before, ROTATION), {
    ...before,
    barredEdgeIds: [],
    keys: [
      soon,
      { ...LASTING, expiresAt: '2029-12-31T23:01:00.000Z' },
      { generation: 4, secretHash: 'new', expiresAt: null },
    ],
  });
});

test('edge keys: a rotation without overlap ends old keys, agents and credentials', (t) => {
  const before = sampleEnvironment(1);
  const addresses = { apiUrl: 'https://new.example/edge' };
  t.deepEqual(rotateKey(before, { ...ROTATION, overlapSeconds: 0, addresses }), {
    ...before,
    ...addresses,
    barredEdgeIds: [],
    keys: [{ generation: 3, secretHash: 'new', expiresAt: null }],
    instances: [],
    swarm: null,
    swarmAuthority: null,
    generation: before.generation + 1,
  });
});

test('edge keys: an ended key removes its agents and revokes credentials, one without agents does not', (t) => {
  const used = sampleEnvironment(1, { keys: [...sampleEnvironment(1).keys, LASTING] });
  t.like(endKeys(used, [2]), { keys: [LASTING], instances: [], generation: used.generation + 1 });
  t.like(endKeys(used, [2], true), { instances: [], generation: used.generation });
  t.deepEqual(endKeys(used, [3]), { ...used, keys: sampleEnvironment(1).keys });
  t.is(endKeys(used, [7]), used);
});
