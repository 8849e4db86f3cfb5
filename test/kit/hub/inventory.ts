import { readdir, readlink } from 'node:fs/promises';
import { queryObjects } from 'node:v8';
import { until } from '../until.js';

/** What this process holds open. */
export interface Inventory {
  /** How many of each kind keep the process alive: timers, sockets, servers, requests to the file system. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners of the process itself, by event. */
  readonly listeners: Readonly<Record<string, number>>;
  /** Open files, pipes and sockets as the kernel lists them, the runtime's own included. */
  readonly descriptors: Readonly<Record<string, number>>;
}

/** Takes an inventory of this process. */
export async function takeInventory(): Promise<Inventory> {
  const links = (await readdir('/proc/self/fd')).map((fd) =>
    readlink(`/proc/self/fd/${fd}`).catch(() => 'gone'),
  );
  const kinds = (await Promise.all(links)).map((link) => link.replace(/:\[\d+\]$/, ''));
  return {
    // The check is a request itself.
    resources: count(process.getActiveResourcesInfo().filter((kind) => !kind.startsWith('FS'))),
    listeners: Object.fromEntries(
      process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    ),
    descriptors: count(kinds.filter((kind) => !/^(gone|\/proc\/.*)$/.test(kind))),
  };
}

/** Resolves once this process holds at most what it did `before`; rejects with both after `ms`. */
export async function untilAsBefore(before: Inventory, ms = 20_000): Promise<void> {
  const read = async () => ({ before, now: await takeInventory() });
  await until(read, ({ now }) => holdsNoMore(now, before), { ms });
}

/**
 * How many objects are alive, functions included, after a collection. Bytes on the heap say less: compiled code
 * is counted as well, and grows as functions are optimised.
 */
export function countObjects(): number {
  return queryObjects(Object, { format: 'count' });
}

function holdsNoMore(now: Inventory, before: Inventory): boolean {
  const parts = ['resources', 'listeners', 'descriptors'] as const;
  return parts.every((part) =>
    Object.entries(now[part]).every(([kind, number]) => number <= (before[part][kind] ?? 0)),
  );
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
