import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { networksOfList, networksOfSnapshot } from '../../../../../plugin/ui-panel/engine/model/network.js';

const user = (name: string, changes: object) => ({
  Id: name,
  Names: [`/${name}`],
  State: 'running',
  ...changes,
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

test('networks: unknown in a snapshot is null, not empty', (t) => {
  const snapshot = {
    networks: [{ id: 'w1', name: 'web', driver: 'overlay', scope: 'swarm' }],
  } as unknown as SnapshotView;
  t.like(networksOfSnapshot(snapshot)[0], { users: null, subnets: null, node: null });
});
