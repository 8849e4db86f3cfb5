import type { Environment } from '../../../../../plugin/server-hooks/model/environment.js';
import { EnvironmentDirectory } from '../../../../../plugin/server-hooks/views/list/directory.js';
import {
  type ListPage,
  listEnvironments,
} from '../../../../../plugin/server-hooks/views/list/list-environments.js';
import type { ListQuery } from '../../../../../plugin/server-hooks/views/list/query.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../../kit/hub/memory-store.js';
import { NO_SNAPSHOTS } from '../../../../kit/hub/no-swarm.js';
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

/** An empty list, and the means to fill it. */
export function listSetup() {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const directory = new EnvironmentDirectory(store);
  directory.start();
  const live = liveEnvironments({ clock, store });
  const sources = { store, directory, live, clock, snapshots: NO_SNAPSHOTS };
  const list = (
    query: Partial<ListQuery> = {},
    isVisible: (id: number) => boolean = () => true,
  ): Promise<ListPage> => listEnvironments({ ...ALL, ...query }, sources, isVisible);
  const add = (id: number, changes: Partial<Environment> = {}) => store.put(sampleEnvironment(id, changes));
  const recordCheckIn = (id: number, engine: 'up' | 'down' = 'up') =>
    live.of(id).presence.recordCheckIn(store.environment(id)?.instances[0]?.id ?? '', 5_000, {
      engine,
      problem: null,
    });
  return { clock, live, store, directory, list, add, recordCheckIn };
}

export const idsOf = ({ items }: ListPage) => items.map(({ id }) => id);
