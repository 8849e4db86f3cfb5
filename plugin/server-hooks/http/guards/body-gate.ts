import { problem } from '../../../../protocol/problems.js';
import { FairPlaces } from '../../model/fair-places.js';

const MAX_BODIES = 512;
const MAX_BODIES_PER_NETWORK = 128;

/**
 * Limits the unauthenticated bodies that the hub holds: those of calls that only their bodies can authenticate. 64 KiB
 * each, so 32 MiB in all. For which body is evicted, see `FairPlaces`.
 */
export class BodyGate {
  readonly #places = new FairPlaces<AbortController>({
    total: MAX_BODIES,
    perNetwork: MAX_BODIES_PER_NETWORK,
    evict: (body) => body.abort(problem('too-many-bodies', { retryAfterSeconds: 1 })),
  });

  /**
   * @param read ends when its signal aborts, and rejects with the signal's reason
   * @throws Problem `too-many-bodies` (503), or the error of `read`
   */
  async pass<T>(address: string, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const body = new AbortController();
    const leave = this.#places.enter(address, body);
    try {
      return await read(body.signal);
    } finally {
      leave();
    }
  }
}
