import type { Clock } from '../../../protocol/time/clock.js';

/** Counts an event, and starts over when it has not happened for a while. */
export class RecentCount {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #count = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Whether it happened within the window. */
  get isRecent(): boolean {
    return this.#clock.monotonic() - this.#lastMs < this.#windowMs;
  }

  /** It happened: returns how often, this time included. */
  add(): number {
    this.#count = this.isRecent ? this.#count + 1 : 1;
    this.#lastMs = this.#clock.monotonic();
    return this.#count;
  }
}
