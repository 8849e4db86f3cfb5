import type { Clock } from '../../../../protocol/time/clock.js';
import type { RefusalLog } from '../refusal-log.js';
import type { IncomingTransport } from '../transport/incoming.js';
import type { BulkOffers } from './offers.js';
import { readToken } from './read-token.js';

export interface AcceptBulkOptions {
  readonly offers: BulkOffers;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
}

/** Gives a connection to the tunnel whose token it presents first, or ends it. Never rejects. */
export async function acceptBulk(
  transport: IncomingTransport,
  { offers, refusals, clock }: AcceptBulkOptions,
): Promise<void> {
  const token = await readToken(transport, clock);
  // A tunnel that ends withdraws its offers, so that no connection outlives it.
  if (token !== null && offers.redeem(token, transport)) return;
  refusals.note('credential-unknown', transport.address);
  transport.wire.destroy();
}
