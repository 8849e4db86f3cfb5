import type { IncomingMessage } from 'node:http';
import { EdgeError } from '../../../../protocol/edge-error.js';
import type { Action, Host, Principal } from '../../host.js';

/**
 * Lets a caller in: who they are is the host's word, what they may do the host's and the token's. `own` stands for the
 * environment that the caller is bound to, and for none where they are not.
 * @throws EdgeError `unauthorized` (401), `forbidden` (403)
 */
export async function admit(
  host: Host,
  req: IncomingMessage,
  action: Action,
  concerned: number | null | 'own',
): Promise<Principal> {
  const principal = await host.authenticate(req);
  if (!principal) {
    throw new EdgeError('unauthorized', 'Sign in, or send a valid API token', { status: 401 });
  }
  const environmentId = concerned === 'own' ? (principal.environmentId ?? null) : concerned;
  const isBound = principal.environmentId !== undefined && principal.environmentId !== environmentId;
  if (isBound || host.authorize?.(principal, action, environmentId) === false) {
    throw new EdgeError('forbidden', 'This is not allowed with these credentials', { status: 403 });
  }
  return principal;
}
