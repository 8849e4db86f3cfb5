import { createHash } from 'node:crypto';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { IncomingTransport } from '../transport/incoming.js';

export interface BulkOffersOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

interface Offer {
  /** Monotonic ms. */
  readonly issuedMs: number;
  readonly accept: (transport: IncomingTransport) => void;
}

/** Bulk connections of the whole hub, offers included. */
const MAX_CONNECTIONS = 512;
/** Lifetime of an offer, ms. */
const LIFETIME_MS = 10_000;

/** The hub's open offers to accept a bulk connection. Keeps only the hashes of their one-time tokens, in memory. */
export class BulkOffers {
  readonly #options: BulkOffersOptions;
  readonly #open = new Map<string, Offer>();
  #accepted = 0;

  constructor(options: BulkOffersOptions) {
    this.#options = options;
  }

  /**
   * Makes an offer; `accept` gets the connection on which its token is presented. Only this call returns the token. Null
   * when the hub has enough connections.
   */
  issue(accept: Offer['accept']): { readonly token: string; readonly withdraw: () => void } | null {
    const { clock, randomBytes } = this.#options;
    if (this.#open.size + this.#accepted >= MAX_CONNECTIONS) return null;
    const token = randomBytes(32).toString('base64url');
    const key = hash(token);
    this.#open.set(key, { issuedMs: clock.monotonic(), accept });
    const cancel = clock.after(LIFETIME_MS, () => this.#open.delete(key));
    const withdraw = () => {
      cancel();
      this.#open.delete(key);
    };
    return { token, withdraw };
  }

  /** Spends a token and gives its tunnel the connection; false if there is no such offer. */
  redeem(token: string, transport: IncomingTransport): boolean {
    const key = hash(token);
    const offer = this.#open.get(key);
    this.#open.delete(key);
    if (!offer || this.#options.clock.monotonic() - offer.issuedMs >= LIFETIME_MS) return false;
    this.#accepted++;
    transport.socket.once('close', () => this.#accepted--);
    offer.accept(transport);
    return true;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
