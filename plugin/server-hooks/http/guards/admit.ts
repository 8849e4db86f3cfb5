import type { IncomingMessage } from 'node:http';
import { problem } from '../../../../protocol/problems.js';
import type { Action, Host, Principal } from '../../host.js';

/**
 * Admits a caller: the host authenticates it; the host and the token authorize it. `own` is the environment that the
 * caller is bound to, or none if unbound.
 * @throws Problem `unauthorized` (401), `forbidden` (403)
 */
export async function admit(
  host: Host,
  req: IncomingMessage,
  action: Action,
  target: number | null | 'own',
): Promise<Principal> {
  const principal = await host.authenticate(req);
  if (!principal) {
    throw problem('unauthorized');
  }
  const environmentId = target === 'own' ? (principal.environmentId ?? null) : target;
  const isBound = principal.environmentId !== undefined && principal.environmentId !== environmentId;
  if (isBound || host.authorize?.(principal, action, environmentId) === false) {
    throw problem('forbidden');
  }
  return principal;
}
