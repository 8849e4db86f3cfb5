import type { Column } from '../../elements/resource-list/resource.js';
import { JsonReader } from '../../engine/model/json-reader.js';
import { type Volume, volumesOfList, volumesOfSnapshot } from '../../engine/model/volume.js';
import { timeView } from '../../format/time.js';
import { nameColumn, namesView, textColumn } from '../columns.js';
import { defineResource } from '../define-resource.js';
import { pruneResult, pruneVolumesPath } from '../prune.js';

const NAME: Column<Volume> = nameColumn(({ mountpoint }) => mountpoint);
const DRIVER: Column<Volume> = textColumn('Driver', 'minmax(4rem, 8rem)', ({ driver }) => driver);
const USED_BY: Column<Volume> = {
  title: 'Used by',
  track: 'minmax(8rem, 16rem)',
  cell: ({ users }) => namesView(users ?? [], 'no container'),
  text: ({ users }) => users?.join(' ') ?? '',
  order: ({ users }) => users?.length ?? 0,
};

/** The volumes of an engine. */
export const volumes = defineResource<Volume>({
  noun: ['volume', 'volumes'],
  events: ['volume', 'container'],
  list: async ({ engine, signal }) =>
    volumesOfList(
      ...(await Promise.all([
        engine.list('/volumes', { signal }),
        engine.list('/containers/json?all=1', { signal }),
      ])),
    ),
  ofSnapshot: volumesOfSnapshot,
  heading: ({ length }) => `Volumes: ${length}`,
  columns: ({ engine, nowMs }) =>
    engine
      ? [
          NAME,
          USED_BY,
          DRIVER,
          {
            title: 'Created',
            track: '7rem',
            cell: ({ createdMs }) => timeView(createdMs, nowMs()),
            order: ({ createdMs }) => -createdMs || 0,
          },
        ]
      : [NAME, DRIVER],
  snapshotNote: 'Snapshots do not include mount points, dates and users of volumes.',
  actions: (engine) => [
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: () => true,
      run: (row) => engine.of(row).call('DELETE', `/volumes/${encodeURIComponent(row.name)}`),
      confirm: { warning: 'Its data is deleted permanently.' },
    },
  ],
  create: {
    drivers: ['local'],
    run: (engine, Name, Driver) => engine.call('POST', '/volumes/create', { body: { Name, Driver } }),
  },
  prune: (engine, rows) => [
    {
      label: 'Remove unused',
      question: 'Remove all volumes that no container uses?',
      warning: 'Includes named volumes. Their data is deleted permanently.',
      names: rows.filter(({ users }) => users?.length === 0).map(({ name }) => name),
      run: async () => {
        const version = new JsonReader(await engine.call('GET', '/version'));
        return pruneResult(await engine.call('POST', pruneVolumesPath(version.text('ApiVersion'))));
      },
    },
  ],
});
