import { type Clock, systemClock } from '../../../protocol/time/clock.js';

/** The machine's clock, which knows how many timers are waiting: those that keep no process alive, too. */
export class CountingClock implements Clock {
  readonly #waiting = new Map<object, string>();

  /** Where each waiting timer was made. */
  get waiting(): readonly string[] {
    return [...this.#waiting.values()];
  }

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(ms: number, fn: () => void): () => void {
    const forget = this.#note();
    const cancel = systemClock.after(ms, () => {
      forget();
      fn();
    });
    return () => {
      forget();
      cancel();
    };
  }

  every(ms: number, fn: () => void): () => void {
    const forget = this.#note();
    const cancel = systemClock.every(ms, fn);
    return () => {
      forget();
      cancel();
    };
  }

  #note(): () => void {
    const timer = {};
    this.#waiting.set(timer, new Error('made here').stack ?? '');
    return () => this.#waiting.delete(timer);
  }
}
