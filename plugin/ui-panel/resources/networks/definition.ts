import type { Column } from '../../elements/resource-list/resource.js';
import { type Network, networksOfList, networksOfSnapshot } from '../../engine/model/network.js';
import { nameColumn, namesView, textColumn } from '../columns.js';
import { defineResource } from '../define-resource.js';
import { pruneResult } from '../prune.js';

const COLUMNS: readonly Column<Network>[] = [
  nameColumn(({ id, isPredefined }) => (isPredefined ? 'Predefined' : id.slice(0, 12))),
  textColumn('Driver', 'minmax(4rem, 8rem)', ({ driver }) => driver),
  textColumn('Scope', '5rem', ({ scope }) => scope),
];
const LIVE_COLUMNS: readonly Column<Network>[] = [
  ...COLUMNS,
  {
    title: 'Subnets',
    track: 'minmax(7rem, 12rem)',
    cell: ({ subnets }) => namesView(subnets ?? [], 'none'),
    text: ({ subnets }) => subnets?.join(' ') ?? '',
  },
  {
    title: 'Containers',
    track: 'minmax(8rem, 14rem)',
    cell: ({ users }) => namesView(users ?? [], 'none'),
    text: ({ users }) => users?.join(' ') ?? '',
    order: ({ users }) => users?.length ?? 0,
  },
];

/** The networks of an engine. */
export const networks = defineResource<Network>({
  noun: ['network', 'networks'],
  events: ['network', 'container'],
  list: async ({ engine, signal }) =>
    networksOfList(
      ...(await Promise.all([
        engine.list('/networks', { signal }),
        engine.list('/containers/json?all=1', { signal }),
      ])),
    ),
  ofSnapshot: networksOfSnapshot,
  heading: ({ length }) => `Networks: ${length}`,
  columns: ({ engine }) => (engine ? LIVE_COLUMNS : COLUMNS),
  snapshotNote: 'Snapshots do not include subnets and users of networks.',
  actions: (engine) => [
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: ({ isPredefined }) => !isPredefined,
      run: (row) => engine.of(row).call('DELETE', `/networks/${encodeURIComponent(row.id)}`),
      confirm: {},
    },
  ],
  create: {
    drivers: ['bridge', 'overlay', 'macvlan', 'ipvlan'],
    run: (engine, Name, Driver) =>
      engine.call('POST', '/networks/create', { body: { Name, Driver, CheckDuplicate: true } }),
  },
  prune: (engine, rows) => [
    {
      label: 'Remove unused',
      question: 'Remove all networks without running containers?',
      warning: 'Networks that services or containers of other nodes use stay.',
      names: rows.filter(({ isPredefined, isUsed }) => !isPredefined && !isUsed).map(({ name }) => name),
      run: async () => pruneResult(await engine.call('POST', '/networks/prune')),
    },
  ],
});
