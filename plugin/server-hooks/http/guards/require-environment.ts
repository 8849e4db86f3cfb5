import { problem } from '../../../../protocol/problems.js';
import type { Environment } from '../../model/environment.js';
import type { Services } from '../../services.js';

/** The id in a URL; null if malformed. */
export function environmentIdOf(text: string | undefined): number | null {
  return text && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}

/**
 * The environment of a call. Call it after `admit`, so that strangers do not learn which exist.
 * @throws Problem `environment-not-found` (404)
 */
export function requireEnvironment({ admin }: Services, id: number | null): Environment {
  if (id !== null) return admin.get(id);
  throw problem('environment-not-found');
}
