import type { EnvironmentList, EnvironmentView } from '../../plugin/api.js';
import { EXIT, Failure } from '../failure.js';
import type { HubClient } from './client.js';

const PAGE = 500;
const MAX_SUGGESTIONS = 3;

export interface EnvironmentFilter {
  readonly status?: readonly string[];
  readonly tag?: readonly string[];
  readonly search?: string;
}

/** All pages of the list, sorted by name. */
export async function listEnvironments(
  hub: HubClient,
  { status = [], tag = [], search }: EnvironmentFilter = {},
): Promise<{ readonly items: readonly EnvironmentView[]; readonly hubTime: number | undefined }> {
  const query = new URLSearchParams({ sort: 'name', limit: String(PAGE) });
  for (const value of status) query.append('status', value);
  for (const value of tag) query.append('tag', value);
  if (search !== undefined) query.set('search', search);
  const items: EnvironmentView[] = [];
  for (;;) {
    const { body, hubTime } = await hub.call<EnvironmentList>('GET', `/api/environments?${query}`);
    items.push(...body.items);
    if (body.nextCursor === null) return { items, hubTime };
    query.set('cursor', body.nextCursor);
  }
}

/**
 * The environment of a name, else of an id.
 * @throws Failure with similar names
 */
export async function findEnvironment(hub: HubClient, name: string): Promise<EnvironmentView> {
  const { items } = await listEnvironments(hub, { search: name });
  const found = items.find((item) => item.name === name) ?? items.find((item) => String(item.id) === name);
  if (found !== undefined) return found;
  const similar = items.slice(0, MAX_SUGGESTIONS).map((item) => item.name);
  throw new Failure(`No environment is named ${name}`, {
    exitCode: EXIT.notFound,
    nextStep:
      similar.length > 0 ? `Did you mean ${similar.join(', ')}?` : 'fairlead env ls lists their names',
  });
}
