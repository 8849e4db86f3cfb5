import { problem } from '../../../../protocol/problems.js';

/** One list's part of the memory limit. */
export interface ListShare {
  /** @throws Problem `list-too-large` (502) */
  reserve(bytes: number): void;
  release(bytes: number): void;
  /** Releases everything; safe to call twice. Later reservations fail. */
  end(): void;
}

const MAX_BYTES = 256 * 1024 * 1024;
/** Per-environment share, so the engines of one environment cannot starve the rest. */
const MAX_BYTES_EACH = MAX_BYTES / 4;

/** Limits the bytes of engine answers that the hub holds for lists of all nodes until they are sent. */
export class ListMemory {
  readonly #byEnvironment = new Map<number, number>();
  #bytes = 0;

  open(environmentId: number): ListShare {
    let own = 0;
    let hasEnded = false;
    const change = (bytes: number) => {
      const ofEnvironment = (this.#byEnvironment.get(environmentId) ?? 0) + bytes;
      own += bytes;
      this.#bytes += bytes;
      if (ofEnvironment === 0) this.#byEnvironment.delete(environmentId);
      else this.#byEnvironment.set(environmentId, ofEnvironment);
    };
    return {
      reserve: (bytes) => {
        const ofEnvironment = (this.#byEnvironment.get(environmentId) ?? 0) + bytes;
        if (hasEnded || ofEnvironment > MAX_BYTES_EACH || this.#bytes + bytes > MAX_BYTES)
          throw problem('list-too-large');
        change(bytes);
      },
      release: (bytes) => {
        if (!hasEnded) change(-bytes);
      },
      end: () => {
        if (!hasEnded) change(-own);
        hasEnded = true;
      },
    };
  }
}
