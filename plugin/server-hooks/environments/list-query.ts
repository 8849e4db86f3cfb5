import type { EnvironmentStatus } from '../../api.js';
import { fold } from './environment-directory.js';

/** What a list can be sorted by. */
export type ListSort = 'id' | 'name' | 'createdAt' | 'lastCheckInAt' | 'status';

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
  readonly cursor: string | null;
}

/** The words of a search. */
export function searchTerms(text: string): string[] {
  return fold(text)
    .split(/\s+/)
    .filter((term) => term !== '');
}
