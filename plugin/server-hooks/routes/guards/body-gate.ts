import { EdgeError } from '../../../../protocol/edge-error.js';
import { FairPlaces } from '../../model/fair-places.js';

const MAX_BODIES = 512;
const MAX_BODIES_PER_NETWORK = 128;

/**
 * Bounds how many bodies of strangers the hub holds at once: those of calls that only their bodies can prove. 64 KiB
 * each, so 32 MiB in all. Which body makes room for a new one: see `FairPlaces`.
 */
export class BodyGate {
  readonly #places = new FairPlaces<AbortController>({
    total: MAX_BODIES,
    perNetwork: MAX_BODIES_PER_NETWORK,
    evict: (body) =>
      body.abort(
        new EdgeError('too-many-bodies', 'Others came in faster', { status: 503, retryAfterSeconds: 1 }),
      ),
  });

  /**
   * @param read ends when its signal aborts, and rejects with the signal's reason
   * @throws EdgeError `too-many-bodies` (503), and what `read` does
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
