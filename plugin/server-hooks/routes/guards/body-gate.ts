import { EdgeError } from '../../../../protocol/edge-error.js';

const MAX_BODIES = 512;
const MAX_BODIES_PER_ADDRESS = 128;

/**
 * Bounds how many bodies of strangers the hub holds at once: those of calls that only their bodies can prove. 64 KiB
 * each, so 32 MiB in all.
 */
export class BodyGate {
  readonly #open = new Map<string, number>();
  #all = 0;

  /** @throws EdgeError `too-many-bodies` (503) */
  async pass<T>(address: string, read: () => Promise<T>): Promise<T> {
    const own = this.#open.get(address) ?? 0;
    if (this.#all >= MAX_BODIES || own >= MAX_BODIES_PER_ADDRESS) {
      throw new EdgeError('too-many-bodies', 'Too many calls of this kind are on their way', {
        status: 503,
        retryAfterSeconds: 1,
      });
    }
    this.#all++;
    this.#open.set(address, own + 1);
    try {
      return await read();
    } finally {
      this.#all--;
      const left = (this.#open.get(address) ?? 1) - 1;
      if (left > 0) this.#open.set(address, left);
      else this.#open.delete(address);
    }
  }
}
