import { problem } from '../../../../protocol/problems.js';
import type { Environment } from '../../model/environment.js';
import type { Store } from '../../store/store.js';

/** The id in a URL; null if malformed. */
export function environmentIdOf(text: string | undefined): number | null {
  return text && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}

/**
 * The environment of a call. Call it after `admit`, so that strangers do not learn which exist.
 * @throws Problem `environment-not-found` (404)
 */
export function requireEnvironment(store: Pick<Store, 'environment'>, id: number | null): Environment {
  const environment = id === null ? undefined : store.environment(id);
  if (environment) return environment;
  throw problem('environment-not-found');
}
