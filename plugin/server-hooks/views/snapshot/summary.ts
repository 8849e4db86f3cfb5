import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import type { Instance } from '../../model/environment.js';
import type { SnapshotSummary } from '../../snapshots/files.js';
import type { Observation } from '../status/observe-environment.js';

type Seen = Pick<Observation, 'environment' | 'instance' | 'members' | 'summaries'>;

/** The summary of an environment's snapshots; null before the first. In a Swarm: sums, and the leader's engine. */
export function summaryOf(seen: Seen): SnapshotSummary | null {
  const all = [...currentSnapshots(seen).values()];
  const newest = newestOf(all);
  if (!newest || all.length === 1) return newest;
  const { engine, swarm } = (seen.instance && seen.summaries.get(seen.instance.id)) ?? newest;
  return { takenAt: newest.takenAt, counts: sumOf(all), engine, swarm };
}

/**
 * The snapshots that count, by instance: those of all agents, except in a Swarm those of nodes unknown to its managers.
 * If there are none, the last one of a removed agent.
 */
export function currentSnapshots({ environment, members, summaries }: Seen): Map<string, SnapshotSummary> {
  const counts = ({ node }: Instance) => !members || !node || members.has(node.nodeId);
  const current = environment.instances.filter(counts).flatMap(({ id }) => {
    const summary = summaries.get(id);
    return summary ? [[id, summary] as const] : [];
  });
  if (current.length > 0) return new Map(current);
  const last = newestOf([...summaries.values()]);
  return new Map([...summaries].filter(([, summary]) => summary === last));
}

function newestOf(summaries: readonly SnapshotSummary[]): SnapshotSummary | null {
  const time = ({ takenAt }: SnapshotSummary) => Date.parse(takenAt) || 0;
  return summaries.reduce<SnapshotSummary | null>(
    (best, one) => (best && time(best) >= time(one) ? best : one),
    null,
  );
}

/** A count that one of them lacks is unknown for all. */
function sumOf(summaries: readonly SnapshotSummary[]): Snapshot['counts'] {
  const sum = (name: keyof Snapshot['counts']) =>
    summaries.reduce<number | null>((total, { counts }) => {
      const count = counts[name];
      return total === null || count === null ? null : total + count;
    }, 0);
  return {
    containers: sum('containers'),
    running: sum('running'),
    paused: sum('paused'),
    stopped: sum('stopped'),
    images: sum('images'),
    volumes: sum('volumes'),
    networks: sum('networks'),
  };
}
