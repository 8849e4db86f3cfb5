import { EdgeError } from '../../../../protocol/edge-error.js';

const MAX_BODIES = 512;
const MAX_BODIES_PER_ADDRESS = 128;

interface Body {
  readonly address: string;
  readonly giveUp: AbortController;
}

/**
 * Bounds how many bodies of strangers the hub holds at once: those of calls that only their bodies can prove. 64 KiB
 * each, so 32 MiB in all. The one that has been coming for longest makes room for a new one: an honest sender's is there
 * within a moment, so that those who let theirs drip keep nobody out.
 */
export class BodyGate {
  /** In order of their beginning. */
  readonly #open = new Set<Body>();

  /**
   * @param read ends when its signal aborts, and rejects with the signal's reason
   * @throws EdgeError `too-many-bodies` (503), and what `read` does
   */
  async pass<T>(address: string, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const bodies = [...this.#open];
    const own = bodies.filter((body) => body.address === address);
    if (own.length >= MAX_BODIES_PER_ADDRESS) this.#giveUp(own[0]);
    else if (bodies.length >= MAX_BODIES) this.#giveUp(bodies[0]);
    const body = { address, giveUp: new AbortController() };
    this.#open.add(body);
    try {
      return await read(body.giveUp.signal);
    } finally {
      this.#open.delete(body);
    }
  }

  #giveUp(body: Body | undefined): void {
    if (!body) return;
    this.#open.delete(body);
    body.giveUp.abort(
      new EdgeError('too-many-bodies', 'Others came in faster', { status: 503, retryAfterSeconds: 1 }),
    );
  }
}
