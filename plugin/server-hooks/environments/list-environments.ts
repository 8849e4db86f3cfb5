import { setImmediate as turn } from 'node:timers/promises';
import type { EnvironmentStatus, EnvironmentView } from '../../api.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { BestOf } from './best-of.js';
import { describeEnvironment } from './describe-environment.js';
import { type EnvironmentDirectory, type ListedEnvironment, placeOfName } from './environment-directory.js';
import { decodeCursor, encodeCursor, type ListPosition } from './list-cursor.js';
import type { ListQuery, ListSort } from './list-query.js';
import { type ObservationSources, statusOf } from './observe-environment.js';

/** One page of a list. */
export interface ListPage {
  readonly items: readonly EnvironmentView[];
  /** Null: this is the last page. */
  readonly nextCursor: string | null;
  /** How many there are on all pages together. */
  readonly total: number;
}

export interface ListSources extends ObservationSources {
  readonly store: Pick<Store, 'environment'>;
  readonly directory: EnvironmentDirectory;
}

interface Ranked {
  readonly rank: number;
  readonly entry: ListedEnvironment;
}

/** So many environments are looked at before others have their turn: well below a millisecond. */
const SLICE = 500;
/** What needs somebody's attention comes first. */
const STATUS_RANKS: Readonly<Record<EnvironmentStatus, number>> = {
  refused: 0,
  offline: 1,
  degraded: 2,
  new: 3,
  online: 4,
};

/**
 * One page, found by looking at all environments, in slices: agents' check-ins share this thread. A page goes on
 * where the last one ended, by what that was sorted by: what is added or removed meanwhile moves nothing.
 * @throws EdgeError `cursor-invalid` (400)
 */
export async function listEnvironments(
  query: ListQuery,
  sources: ListSources,
  isVisible: (environmentId: number) => boolean,
): Promise<ListPage> {
  const { store, directory } = sources;
  // By id where it can be: memory is walked through as it was filled, several times faster than criss-cross.
  const entries = query.sort === 'name' ? directory.byName : directory.byId;
  const rank = rankBy(query.sort, sources);
  const sign = query.descending ? -1 : 1;
  const compare = (a: Ranked, b: Ranked) => sign * (a.rank - b.rank || a.entry.id - b.entry.id);
  const isAfter = afterCursor(query, entries);
  const end = query.offset + query.limit;
  const best = new BestOf<Ranked>(end + 1, compare);
  let total = 0;
  const look = (entry: ListedEnvironment, index: number) => {
    if (!matches(entry, query, sources) || !isVisible(entry.id)) return;
    total++;
    const ranked = { rank: rank(entry, index), entry };
    if (isAfter(ranked)) best.offer(ranked);
  };
  for (let begin = 0; begin < entries.length; begin += SLICE) {
    if (begin > 0) await turn();
    entries.slice(begin, begin + SLICE).forEach((entry, offset) => {
      look(entry, begin + offset);
    });
  }
  const page = best.first().slice(query.offset, end);
  const last = page.at(-1);
  const isWhole = best.first().length <= end;
  return {
    items: page
      .map(({ entry }) => store.environment(entry.id))
      .filter((environment): environment is Environment => environment !== undefined)
      .map((environment) => describeEnvironment(environment, sources)),
    nextCursor: isWhole || !last ? null : encodeCursor(query, positionOf(query.sort, last)),
    total,
  };
}

function matches(entry: ListedEnvironment, { terms, tags, statuses }: ListQuery, { presence }: ListSources) {
  const { id, environment, haystack } = entry;
  return (
    terms.every((term) => haystack.includes(term) || term === String(id)) &&
    tags.every((tag) => environment.tags.includes(tag)) &&
    (statuses.length === 0 || statuses.includes(statusOf(environment, presence)))
  );
}

/** What a list is sorted by, as a number; `index` is the place in the array that is walked through. Equal ones are in order of their ids. */
function rankBy(sort: ListSort, { presence }: ListSources) {
  const ranks: Readonly<Record<ListSort, (entry: ListedEnvironment, index: number) => number>> = {
    id: ({ id }) => id,
    name: (_, index) => index,
    createdAt: ({ createdAtMs }) => createdAtMs,
    lastCheckInAt: ({ id }) => presence.lastCheckInAtMs(id) ?? 0,
    status: ({ environment }) => STATUS_RANKS[statusOf(environment, presence)],
  };
  return ranks[sort];
}

function positionOf(sort: ListSort, { rank, entry }: Ranked): ListPosition {
  return { key: sort === 'name' ? entry.environment.name : rank, id: entry.id };
}

/** Whether something comes after the page that ended at the cursor. */
function afterCursor(query: ListQuery, entries: readonly ListedEnvironment[]): (ranked: Ranked) => boolean {
  if (query.cursor === null) return () => true;
  const { key, id } = decodeCursor(query, query.cursor);
  const sign = query.descending ? -1 : 1;
  if (typeof key === 'number') return ({ rank, entry }) => sign * (rank - key || entry.id - id) > 0;
  const place = placeOfName(entries, key, id);
  // It may be gone, and its place another one's.
  const end = entries[place]?.id === id ? place : place - 0.5;
  return ({ rank }) => sign * (rank - end) > 0;
}
