import type { Clock } from '../../../protocol/time/clock.js';

/** The clock of one process: its timers end with the process. */
export class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#cancels.size;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(ms: number, fn: () => void): () => void {
    const cancel = this.#keep(
      this.#clock.after(ms, () => {
        cancel();
        fn();
      }),
    );
    return cancel;
  }

  every(ms: number, fn: () => void): () => void {
    return this.#keep(this.#clock.every(ms, fn));
  }

  /** The process was killed. */
  kill(): void {
    this.#isDead = true;
    for (const cancel of [...this.#cancels]) cancel();
  }

  #keep(stop: () => void): () => void {
    const cancel = () => {
      stop();
      this.#cancels.delete(cancel);
    };
    if (this.#isDead) stop();
    else this.#cancels.add(cancel);
    return cancel;
  }
}
