import type { Clock } from '../time/clock.js';

/** How long bulk bytes keep a tunnel alive that is silent itself, ms. */
const SILENT_MS = 60_000;

/**
 * What a tunnel's link monitor reads as signs of life: bytes of the tunnel, and of its bulk connections, which share a slow link with
 * it: its pings then wait. Theirs count for a bounded time, because the tunnel's own connection may be dead.
 */
export class SharedWire {
  readonly #own: { readonly bytesRead: number };
  readonly #bulkBytes: () => number;
  readonly #clock: Clock;
  #ownBytes = 0;
  #ownMs: number;
  #counted = 0;

  constructor(own: { readonly bytesRead: number }, bulkBytes: () => number, clock: Clock) {
    this.#own = own;
    this.#bulkBytes = bulkBytes;
    this.#clock = clock;
    this.#ownMs = clock.monotonic();
  }

  get bytesRead(): number {
    const { bytesRead } = this.#own;
    const now = this.#clock.monotonic();
    if (bytesRead !== this.#ownBytes) {
      this.#ownBytes = bytesRead;
      this.#ownMs = now;
    }
    if (now - this.#ownMs < SILENT_MS) this.#counted = this.#bulkBytes();
    return bytesRead + this.#counted;
  }
}
