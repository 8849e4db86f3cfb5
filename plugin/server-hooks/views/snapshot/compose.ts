import { Readable } from 'node:stream';
import type { SwarmView } from '../../../api.js';
import { type Environment, isManager } from '../../model/environment.js';
import type { SnapshotFile, SnapshotSection } from '../../snapshots/encode.js';
import type { SnapshotFiles } from '../../snapshots/files.js';
import { describeNodes } from '../status/describe-nodes.js';
import {
  type Observation,
  type ObservationSources,
  observeEnvironment,
} from '../status/observe-environment.js';
import { swarmViewOf } from '../status/swarm-view.js';
import { distinctLines } from './distinct-lines.js';
import { currentSnapshots, summaryOf } from './summary.js';

export interface SnapshotSources extends ObservationSources {
  readonly snapshots: Pick<SnapshotFiles, 'summaries' | 'open'>;
}

type Pieces = AsyncIterable<Buffer | string>;

const LISTS = Object.freeze(['containers', 'images', 'volumes'] as const);

/**
 * An environment's snapshot as JSON, in chunks: its agent's, or in a Swarm those of all nodes merged. Each may have 8
 * MB and was validated before it was written; parsing it here would block the event loop. Null before the first
 * snapshot, and when the files are damaged.
 * @throws Problem `snapshot-unreadable` (503): part of it cannot be read
 */
export async function composeSnapshot(
  environment: Environment,
  sources: SnapshotSources,
): Promise<Readable | null> {
  const seen = observeEnvironment(environment, sources);
  const files = new Map<string, SnapshotFile>();
  const close = () => {
    for (const file of files.values()) file.close().catch(() => undefined);
  };
  try {
    for (const id of currentSnapshots(seen).keys()) {
      const file = await sources.snapshots.open(environment.id, id);
      if (file) files.set(id, file);
    }
  } catch (error) {
    close();
    throw error;
  }
  if (files.size === 0) return null;
  const stream = Readable.from(write(seen, files, sources), { objectMode: false });
  // A stream that was never read has not started the generator, so its `finally` would close nothing.
  return stream.once('close', close);
}

async function* write(
  observed: Observation,
  byInstance: ReadonlyMap<string, SnapshotFile>,
  sources: SnapshotSources,
): Pieces {
  // Use the summaries of the opened files: a newer snapshot may have arrived meanwhile.
  const summaries = new Map([...byInstance].map(([id, { summary }]) => [id, summary]));
  const seen = { ...observed, summaries };
  const summary = summaryOf(seen);
  const swarm = swarmViewOf(seen, summary);
  const files = [...byInstance.values()];
  const { takenAt, engine, counts } = summary ?? {};
  yield JSON.stringify({ takenAt, engine, counts }).slice(0, -1);
  for (const name of LISTS) yield* list(name, all(files, name));
  yield* list('networks', [...all(files, 'networks'), distinctLines(all(files, 'swarmNetworks'))]);
  yield ',"swarm":';
  if (swarm) yield* writeSwarm(seen, swarm, byInstance, sources);
  else yield 'null';
  yield* list('errors', all(files, 'errors'));
  if (swarm) yield `,"nodes":${JSON.stringify(nodesOf(seen, sources))}`;
  yield '}';
}

/** Services and tasks come only from a confirmed manager; null if none has sent a snapshot. */
async function* writeSwarm(
  seen: Observation,
  swarm: SwarmView,
  files: ReadonlyMap<string, SnapshotFile>,
  sources: SnapshotSources,
): Pieces {
  const { environment, instance } = seen;
  const managers = environment.instances.filter((one) => isManager(environment, one) && files.has(one.id));
  const manager = managers.find(({ id }) => id === instance?.id) ?? managers[0];
  const file = manager && files.get(manager.id);
  yield JSON.stringify({ ...swarm, members: describeNodes(environment, sources) }).slice(0, -1);
  for (const name of ['services', 'stacks', 'tasks'] as const) {
    if (file) yield* list(name, [file.read(name)]);
    else yield `,"${name}":null`;
  }
  yield '}';
}

/** Every node, including those without a snapshot. */
function nodesOf({ environment, summaries }: Observation, sources: SnapshotSources) {
  return describeNodes(environment, sources).map(({ id, name, agent }) => {
    const { takenAt = null, counts = null } = summaries.get(agent?.instanceId ?? '') ?? {};
    return { id, name, takenAt, counts };
  });
}

function all(files: readonly SnapshotFile[], section: SnapshotSection): Pieces[] {
  return files.map((file) => file.read(section));
}

/** Joins the items of several lists into one. */
async function* list(name: string, insides: readonly Pieces[]): Pieces {
  yield `,"${name}":[`;
  let isEmpty = true;
  for (const inside of insides) {
    let isFirst = true;
    for await (const piece of inside) {
      if (isFirst && !isEmpty) yield ',';
      isFirst = false;
      isEmpty = false;
      yield piece;
    }
  }
  yield ']';
}
