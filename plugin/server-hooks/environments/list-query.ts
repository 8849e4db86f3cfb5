import type { EnvironmentListQuery, EnvironmentStatus } from '../../api.js';
import { fold } from './environment-directory.js';

/** What a list can be sorted by. */
export type ListSort = Exclude<EnvironmentListQuery['sort'], `-${string}`>;

/** Which environments, in which order; defaults in place. */
export interface ListQuery {
  /** Each must be in the name, a tag or the Edge ID, or be the id. Folded. */
  readonly terms: readonly string[];
  /** All of them. */
  readonly tags: readonly string[];
  /** One of them; none: any. */
  readonly statuses: readonly EnvironmentStatus[];
  readonly sort: ListSort;
  readonly descending: boolean;
  readonly limit: number;
  /** So many are passed over first. */
  readonly offset: number;
  readonly cursor: string | null;
}

/** A list's parameters, as the API takes them. */
export function parseListQuery(query: EnvironmentListQuery): ListQuery {
  const { search = '', tag = [], status = [], sort, limit, offset, cursor = null } = query;
  const descending = sort.startsWith('-');
  return {
    terms: termsOf(search),
    tags: [tag].flat(),
    statuses: [status].flat(),
    sort: (descending ? sort.slice(1) : sort) as ListSort,
    descending,
    limit,
    offset,
    cursor,
  };
}

function termsOf(text: string): string[] {
  return fold(text)
    .split(/\s+/)
    .filter((term) => term !== '');
}
