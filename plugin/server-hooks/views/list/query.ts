import type { EnvironmentListQuery, EnvironmentStatus } from '../../../api.js';
import { fold } from './directory.js';

/** Sort keys of a list. */
export type ListSort = Exclude<EnvironmentListQuery['sort'], `-${string}`>;

/** Filters and order of a list, defaults applied. */
export interface ListQuery {
  /** Each must be in the name, a tag or the Edge ID, or equal the id. Folded. */
  readonly terms: readonly string[];
  /** All of them. */
  readonly tags: readonly string[];
  /** One of them; empty: any. */
  readonly statuses: readonly EnvironmentStatus[];
  readonly sort: ListSort;
  readonly descending: boolean;
  readonly limit: number;
  /** Items to skip. */
  readonly offset: number;
  readonly cursor: string | null;
}

/** Parses a list's query parameters. */
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
