import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import {
  nodeInSnapshot,
  snapshotOfNode,
} from '../../../../../plugin/ui-panel/engine/model/snapshot-of-node.js';

const snapshot = {
  containers: [
    { id: 'a', node: 'n1' },
    { id: 'b', node: 'n2' },
  ],
  images: [{ id: 'i', node: 'n2' }],
  volumes: [],
  networks: [{ id: 'ingress' }, { id: 'bridge', node: 'n1' }],
  errors: [],
  nodes: [
    { id: 'n1', name: 'one', takenAt: null, counts: null },
    { id: 'n2', name: 'two', takenAt: null, counts: null },
  ],
} as unknown as SnapshotView;

test('snapshot: one node’s part looks like a single engine’s', (t) => {
  for (const node of ['n1', 'one']) {
    const { containers, images, networks } = snapshotOfNode(snapshot, node);
    t.deepEqual(containers as unknown, [{ id: 'a' }]);
    t.deepEqual(images, []);
    t.deepEqual(networks as unknown, [{ id: 'ingress' }, { id: 'bridge' }]);
  }
  for (const node of [null, '*']) t.is(snapshotOfNode(snapshot, node), snapshot);
  t.deepEqual(snapshotOfNode(snapshot, 'gone').containers, []);
});

test('snapshot: items have the name of their node', (t) => {
  t.deepEqual(nodeInSnapshot(snapshot, { node: 'n2' }), { id: 'n2', name: 'two' });
  t.deepEqual(nodeInSnapshot(snapshot, { node: 'n9' }), { id: 'n9', name: 'n9' });
  t.is(nodeInSnapshot(snapshot, {}), null);
});
