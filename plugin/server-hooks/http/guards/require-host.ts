import { type HostedRequest, requestHost } from '../../../../protocol/network/request-host.js';
import { problem } from '../../../../protocol/problems.js';

/**
 * Rejects requests without a valid Host: printed commands and Edge keys may contain it.
 * @throws Problem `bad-host` (400)
 */
export function requireHost(req: HostedRequest): void {
  if (requestHost(req) !== null) return;
  throw problem('bad-host');
}
