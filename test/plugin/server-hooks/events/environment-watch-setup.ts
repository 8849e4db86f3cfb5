import { EnvironmentWatch } from '../../../../plugin/server-hooks/events/environment-watch.js';
import { EventLog } from '../../../../plugin/server-hooks/events/event-log.js';
import type { Environment, Instance } from '../../../../plugin/server-hooks/model/environment.js';
import type { EncodedSnapshot } from '../../../../plugin/server-hooks/snapshots/encode.js';
import type { SnapshotSummary } from '../../../../plugin/server-hooks/snapshots/files.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { readEvents } from '../../../kit/hub/read-events.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const NONE: ReadonlyMap<string, SnapshotSummary> = new Map();

/** A watch over `count` environments that were there before it. */
export function watchSetup(count = 1) {
  const clock = new FakeClock();
  const log = new EventLog({ bootId: 'boot', maxEvents: 100_000 });
  const store = new MemoryStore();
  const summaries = new Map<number, ReadonlyMap<string, SnapshotSummary>>();
  let evaluated = 0;
  const snapshots = {
    summaries: (id: number) => {
      evaluated++;
      return summaries.get(id) ?? NONE;
    },
  };
  /** The evaluations since the last call. */
  const evaluations = () => {
    const count = evaluated;
    evaluated = 0;
    return count;
  };
  const put = (id: number, changes: Partial<Environment> = {}) =>
    store.put(sampleEnvironment(id, { associatedAt: '2030-01-01T00:00:00.000Z', ...changes }));
  for (let id = 1; id <= count; id++) put(id);
  const files = {
    write: async (id: number, { id: instanceId }: Pick<Instance, 'id'>, { summary }: EncodedSnapshot) =>
      void summaries.set(id, new Map([[instanceId, summary]])),
  };
  const live = liveEnvironments({ clock, store, files });
  const watch = new EnvironmentWatch({ store, live, snapshots, log, clock });
  watch.start();
  const recordCheckIn = (id: number, engine: 'up' | 'down' = 'up', intervalMs = 5_000) =>
    live.of(id).presence.recordCheckIn(sampleEnvironment(id).instances[0]?.id ?? '', intervalMs, {
      engine,
      problem: null,
    });
  let read = 0;
  /** The events since the last call. */
  const drain = () => {
    const events = [];
    while (read < log.newest) events.push(...readEvents(log.event(++read)?.text ?? ''));
    return events.map(({ type, data }) => ({ type, ...(data as { id?: number; changes?: object }) }));
  };
  return { clock, live, store, put, watch, recordCheckIn, evaluations, drain };
}
