import { Presence } from '../../../../../plugin/server-hooks/live/presence.js';
import type { Environment } from '../../../../../plugin/server-hooks/model/environment.js';
import { TunnelRegistry } from '../../../../../plugin/server-hooks/tunnel/registry.js';
import { EnvironmentDirectory } from '../../../../../plugin/server-hooks/views/list/directory.js';
import {
  type ListPage,
  listEnvironments,
} from '../../../../../plugin/server-hooks/views/list/list-environments.js';
import type { ListQuery } from '../../../../../plugin/server-hooks/views/list/query.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { MemoryStore } from '../../../../kit/hub/memory-store.js';
import { NO_SNAPSHOTS, SILENT_ROSTER } from '../../../../kit/hub/no-swarm.js';
import { sampleEnvironment } from '../../store/sample-environment.js';

const ALL: ListQuery = {
  terms: [],
  tags: [],
  statuses: [],
  sort: 'id',
  descending: false,
  limit: 100,
  offset: 0,
  cursor: null,
};

/** An empty list, and what it takes to fill it. */
export function listSetup() {
  const clock = new FakeClock();
  const presence = new Presence(clock);
  const registry = new TunnelRegistry({ clock, bootId: 'boot', inactivityMs: () => 300_000 });
  const store = new MemoryStore();
  const directory = new EnvironmentDirectory(store);
  directory.start();
  const told = { roster: SILENT_ROSTER, snapshots: NO_SNAPSHOTS };
  const sources = { store, directory, presence, registry, clock, ...told };
  const list = (
    query: Partial<ListQuery> = {},
    isVisible: (id: number) => boolean = () => true,
  ): Promise<ListPage> => listEnvironments({ ...ALL, ...query }, sources, isVisible);
  const add = (id: number, changes: Partial<Environment> = {}) => store.put(sampleEnvironment(id, changes));
  const hear = (id: number, engine: 'up' | 'down' = 'up') =>
    presence.recordCheckIn(id, store.environment(id)?.instances[0]?.id ?? '', 5_000, {
      engine,
      problem: null,
    });
  return { clock, presence, store, directory, list, add, hear };
}

export const idsOf = ({ items }: ListPage) => items.map(({ id }) => id);
