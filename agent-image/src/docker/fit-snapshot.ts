import type { Snapshot } from '../../../protocol/snapshot.js';

/**
 * Brings a snapshot under `maxBytes` of JSON: first all labels go, then the ends of lists. What went is
 * named in `errors` (`labels-dropped`, `list-truncated`); `counts` keeps the truth.
 */
export function fitSnapshot(snapshot: Snapshot, maxBytes: number): Snapshot {
  if (sizeOf(snapshot) <= maxBytes) return snapshot;
  const bare: Snapshot = {
    ...snapshot,
    containers: snapshot.containers.map(({ labels: _, ...container }) => container),
    volumes: snapshot.volumes.map(({ labels: _, ...volume }) => volume),
    errors: [
      ...snapshot.errors,
      { part: 'containers', code: 'labels-dropped' },
      { part: 'volumes', code: 'labels-dropped' },
    ],
  };
  return sizeOf(bare) <= maxBytes ? bare : shortenLists(bare, maxBytes);
}

const LISTS = ['containers', 'images', 'volumes', 'networks'] as const;
/** Room for the errors that shortening itself adds. */
const ERROR_BYTES = LISTS.length * 64;

function shortenLists(snapshot: Snapshot, maxBytes: number): Snapshot {
  const errors = [...snapshot.errors];
  const empty: Snapshot = { ...snapshot, containers: [], images: [], volumes: [], networks: [] };
  let room = maxBytes - sizeOf(empty) - ERROR_BYTES;
  const shorten = <T>(part: (typeof LISTS)[number], items: readonly T[]): T[] => {
    const kept: T[] = [];
    for (const item of items) {
      room -= sizeOf(item) + 1;
      if (room < 0) break;
      kept.push(item);
    }
    if (kept.length < items.length) errors.push({ part, code: 'list-truncated' });
    return kept;
  };
  return {
    ...empty,
    containers: shorten('containers', snapshot.containers),
    images: shorten('images', snapshot.images),
    volumes: shorten('volumes', snapshot.volumes),
    networks: shorten('networks', snapshot.networks),
    errors,
  };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
