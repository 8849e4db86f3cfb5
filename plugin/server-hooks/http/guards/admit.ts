import type { IncomingMessage } from 'node:http';
import { EdgeError } from '../../../../protocol/edge-error.js';
import type { Action, Host, Principal } from '../../host.js';

/**
 * Admits a caller: the host authenticates it; the host and the token authorize it. `own` is the environment that the
 * caller is bound to, or none if unbound.
 * @throws EdgeError `unauthorized` (401), `forbidden` (403)
 */
export async function admit(
  host: Host,
  req: IncomingMessage,
  action: Action,
  target: number | null | 'own',
): Promise<Principal> {
  const principal = await host.authenticate(req);
  if (!principal) {
    throw new EdgeError('unauthorized', 'Sign in, or send a valid API token', { status: 401 });
  }
  const environmentId = target === 'own' ? (principal.environmentId ?? null) : target;
  const isBound = principal.environmentId !== undefined && principal.environmentId !== environmentId;
  if (isBound || host.authorize?.(principal, action, environmentId) === false) {
    throw new EdgeError('forbidden', 'These credentials do not allow this', { status: 403 });
  }
  return principal;
}
