import { EdgeError } from '../../../../protocol/edge-error.js';

/** What one list holds of the memory that all may hold. */
export interface ListShare {
  /** @throws EdgeError `list-too-large` (502) */
  reserve(bytes: number): void;
  release(bytes: number): void;
  /** Gives all back; safe to call twice. Nothing can be taken later. */
  end(): void;
}

const MAX_BYTES = 256 * 1024 * 1024;
/** Of these, what the lists of one environment may hold: no engines of one keep the others out. */
const MAX_BYTES_EACH = MAX_BYTES / 4;

/** Bounds the bytes of engines' answers that the hub holds for lists of all nodes until their callers have them. */
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
        if (hasEnded || ofEnvironment > MAX_BYTES_EACH || this.#bytes + bytes > MAX_BYTES) throw tooLarge();
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

function tooLarge(): EdgeError {
  return new EdgeError('list-too-large', 'Lists of all nodes hold as much memory as they may', {
    status: 502,
  });
}
