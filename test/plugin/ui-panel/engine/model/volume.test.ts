import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { volumesOfList, volumesOfSnapshot } from '../../../../../plugin/ui-panel/engine/model/volume.js';

const user = (name: string, changes: object) => ({
  Id: name,
  Names: [`/${name}`],
  State: 'running',
  ...changes,
});

test('volumes: each container that mounts one is named once, on its own node only', (t) => {
  const Node = { ID: 'n2', Name: 'two' };
  const mount = { Type: 'volume', Name: 'data' };
  const rows = volumesOfList(
    [
      { Name: 'data', Driver: 'local', Mountpoint: '/d', CreatedAt: '2026-01-02T03:04:05Z' },
      { Name: 'data', Driver: 'nfs', Node },
    ],
    [
      user('web', { Mounts: [mount, mount, { Type: 'bind' }] }),
      user('db', { Mounts: [mount] }),
      user('far', { Mounts: [mount], Node }),
      user('none', { Mounts: null }),
      user('bind', { Mounts: [{ Type: 'bind', Name: 'data' }] }),
    ],
  );
  t.like(rows, [
    { users: ['web', 'db'], mountpoint: '/d', createdMs: Date.parse('2026-01-02T03:04:05Z'), node: null },
    { users: ['far'], mountpoint: '', createdMs: Number.NaN, node: { id: 'n2', name: 'two' } },
  ]);
});

test('volumes: unknown in a snapshot is null, not empty', (t) => {
  const snapshot = {
    volumes: [{ name: 'data', driver: 'local', node: 'n1' }],
    nodes: [{ id: 'n1', name: 'one' }],
  } as unknown as SnapshotView;
  t.like(volumesOfSnapshot(snapshot)[0], { users: null, createdMs: Number.NaN, node: { name: 'one' } });
});
