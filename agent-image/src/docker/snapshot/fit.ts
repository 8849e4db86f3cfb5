import { isModestJson, SNAPSHOT_BOUNDS } from '../../../../protocol/messages/modest-json.js';
import type { Snapshot } from '../../../../protocol/messages/snapshot.js';
import type { AgentProblemCode } from '../../../../protocol/problems/agent.js';

/**
 * Reduces a snapshot to the hub's bounds, `maxBytes` of JSON and {@link SNAPSHOT_BOUNDS}: drops first the tasks, then
 * all labels, then the ends of lists. `errors` names what was dropped (`labels-dropped`, `list-truncated`); `counts`
 * is unchanged.
 */
export function fitSnapshot(snapshot: Snapshot, maxBytes: number): Snapshot {
  if (fits(snapshot, maxBytes)) return snapshot;
  const rest = withoutTasks(snapshot);
  if (fits(rest, maxBytes)) return rest;
  const bare: Snapshot = {
    ...rest,
    containers: rest.containers.map(({ labels: _, ...container }) => container),
    volumes: rest.volumes.map(({ labels: _, ...volume }) => volume),
    errors: [
      ...rest.errors,
      { part: 'containers', code: 'labels-dropped' satisfies AgentProblemCode },
      { part: 'volumes', code: 'labels-dropped' satisfies AgentProblemCode },
    ],
  };
  return fits(bare, maxBytes) ? bare : shortenLists(bare, maxBytes);
}

function fits(snapshot: Snapshot, maxBytes: number): boolean {
  const json = Buffer.from(JSON.stringify(snapshot));
  return json.length <= maxBytes && isModestJson(json, SNAPSHOT_BOUNDS);
}

/** Services still report their numbers of running tasks. */
function withoutTasks(snapshot: Snapshot): Snapshot {
  if (!snapshot.tasks || snapshot.tasks.length === 0) return snapshot;
  return {
    ...snapshot,
    tasks: [],
    errors: [...snapshot.errors, { part: 'tasks', code: 'list-truncated' satisfies AgentProblemCode }],
  };
}

const LISTS = ['containers', 'images', 'volumes', 'networks', 'services'] as const;
/** Room for the errors that shortening itself adds. */
const ERROR_BYTES = LISTS.length * 64;

function shortenLists(snapshot: Snapshot, maxBytes: number): Snapshot {
  const errors = [...snapshot.errors];
  const { services } = snapshot;
  const none = { containers: [], images: [], volumes: [], networks: [], ...(services && { services: [] }) };
  const empty: Snapshot = { ...snapshot, ...none };
  let room = maxBytes - sizeOf(empty) - ERROR_BYTES;
  const shorten = <T>(part: (typeof LISTS)[number], items: readonly T[]): T[] => {
    const kept: T[] = [];
    for (const item of items) {
      room -= sizeOf(item) + 1;
      if (room < 0) break;
      kept.push(item);
    }
    if (kept.length < items.length) errors.push({ part, code: 'list-truncated' satisfies AgentProblemCode });
    return kept;
  };
  return {
    ...empty,
    containers: shorten('containers', snapshot.containers),
    images: shorten('images', snapshot.images),
    volumes: shorten('volumes', snapshot.volumes),
    networks: shorten('networks', snapshot.networks),
    ...(services && { services: shorten('services', services) }),
    errors,
  };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
