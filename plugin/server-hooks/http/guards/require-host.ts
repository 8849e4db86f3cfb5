import { EdgeError } from '../../../../protocol/edge-error.js';
import { type HostedRequest, requestHost } from '../../../../protocol/network/request-host.js';

/**
 * Rejects requests without a valid Host: printed commands and Edge keys may contain it.
 * @throws EdgeError `bad-host` (400)
 */
export function requireHost(req: HostedRequest): void {
  if (requestHost(req) !== null) return;
  throw new EdgeError('bad-host', 'The Host header is not one host[:port]', { status: 400 });
}
