import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { networksOfList, networksOfSnapshot } from '../../../../../plugin/ui-panel/engine/model/network.js';
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

test('networks: members by id, or by name before they ran; only running ones make it used', (t) => {
  const networks = [
    {
      Id: 'b1',
      Name: 'bridge',
      Driver: 'bridge',
      Scope: 'local',
      IPAM: { Config: [{ Subnet: '172.17.0.0/16' }, {}] },
    },
    { Id: 'w1', Name: 'web', Driver: 'bridge', Scope: 'local', IPAM: { Config: null } },
    { Id: 'w2', Name: 'old', Driver: 'overlay', Scope: 'swarm', IPAM: null },
  ];
  const member = (name: string, network: string, NetworkID: string, State: string) =>
    user(name, { State, NetworkSettings: { Networks: { [network]: { NetworkID } } } });
  const rows = networksOfList(networks, [
    member('a', 'web', 'w1', 'running'),
    member('b', 'old', '', 'created'),
    member('c', 'old', 'w2', 'exited'),
    // Of a network of that name that is gone.
    member('d', 'web', 'w0', 'exited'),
    { Id: 'e', State: 'running' },
  ]);
  t.deepEqual(
    rows.map(({ name, users, isUsed, isPredefined, subnets }) => [
      name,
      users,
      isUsed,
      isPredefined,
      subnets,
    ]),
    [
      ['bridge', [], false, true, ['172.17.0.0/16']],
      ['web', ['a'], true, false, []],
      ['old', ['b', 'c'], false, false, []],
    ],
  );
});

test('volumes and networks: unknown in a snapshot is null, not empty', (t) => {
  const snapshot = {
    volumes: [{ name: 'data', driver: 'local', node: 'n1' }],
    networks: [{ id: 'w1', name: 'web', driver: 'overlay', scope: 'swarm' }],
    nodes: [{ id: 'n1', name: 'one' }],
  } as unknown as SnapshotView;
  t.like(volumesOfSnapshot(snapshot)[0], { users: null, createdMs: Number.NaN, node: { name: 'one' } });
  t.like(networksOfSnapshot(snapshot)[0], { users: null, subnets: null, node: null });
});
