import type { Clock } from '../../../protocol/clock.js';

export interface IdleClockOptions {
  readonly clock: Clock;
  readonly inactivityMs: number;
  /** Called each time the time runs out; call {@link IdleClock.touch} to start it anew. */
  readonly onIdle: () => void;
}

/** Runs while no client stream is open and nothing happens. Pings and snapshots do not touch it. */
export class IdleClock {
  readonly #options: IdleClockOptions;
  #streams = 0;
  #isStopped = false;
  #cancel: (() => void) | null = null;

  constructor(options: IdleClockOptions) {
    this.#options = options;
  }

  /** Something happened: a keep-alive, or the tunnel was opened. */
  touch(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isStopped || this.#streams > 0) return;
    this.#cancel = this.#options.clock.after(this.#options.inactivityMs, this.#options.onIdle);
  }

  /** A client stream opened; returns the function that says it closed. */
  enter(): () => void {
    this.#streams++;
    this.touch();
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#streams--;
      this.touch();
    };
  }

  /** For good: streams of a tunnel that was closed end after it. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
