import type { Clock } from '../../../protocol/time/clock.js';

/** Length of a tick, ms. */
const TICK_MS = 100;

/** What has a deadline. */
export interface Expiring {
  /** Called once, in a turn of its own in which nothing else changes. Does not throw. */
  expire(): void;
}

/** Deadlines that are due in the same tick. */
export interface SharedDeadline {
  cancel(one: Expiring): void;
}

/**
 * Deadlines of many objects, with one timer a tick. A large fleet's holds end hundreds of times a second: alone, each
 * would wake the process twice, with cold caches. A deadline passes up to one tick early, never late.
 */
export class SharedDeadlines {
  readonly #clock: Clock;
  readonly #ticks = new Map<number, Tick>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a deadline in `waitMs` from now. */
  add(waitMs: number, one: Expiring): SharedDeadline {
    const now = this.#clock.monotonic();
    const number = Math.floor((now + waitMs) / TICK_MS);
    let tick = this.#ticks.get(number);
    if (!tick) {
      tick = new Tick(this.#clock, number * TICK_MS - now, () => this.#ticks.delete(number));
      this.#ticks.set(number, tick);
    }
    tick.add(one);
    return tick;
  }
}

class Tick implements SharedDeadline {
  readonly #expiring = new Set<Expiring>();
  readonly #cancelTimer: () => void;
  readonly #onEnd: () => void;
  #isDue = false;

  constructor(clock: Clock, waitMs: number, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#cancelTimer = clock.after(waitMs, () => this.#expire());
  }

  add(one: Expiring): void {
    this.#expiring.add(one);
  }

  cancel(one: Expiring): void {
    if (!this.#expiring.delete(one) || this.#expiring.size > 0 || this.#isDue) return;
    this.#cancelTimer();
    this.#onEnd();
  }

  #expire(): void {
    // Later ones get another tick.
    this.#isDue = true;
    this.#onEnd();
    for (const one of this.#expiring) one.expire();
  }
}
