import type { Clock } from '../../../protocol/time/clock.js';

export interface IdleTimerOptions {
  readonly clock: Clock;
  readonly inactivityMs: number;
  /** Called each time the time runs out; call {@link IdleTimer.touch} to restart it. */
  readonly onIdle: () => void;
}

/** Runs while no client stream is open and there is no activity. Pings and snapshots do not touch it. */
export class IdleTimer {
  readonly #options: IdleTimerOptions;
  #streams = 0;
  #isStopped = false;
  #cancel: (() => void) | null = null;

  constructor(options: IdleTimerOptions) {
    this.#options = options;
  }

  /** Activity: a keep-alive, or the tunnel was opened. */
  touch(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isStopped || this.#streams > 0) return;
    this.#cancel = this.#options.clock.after(this.#options.inactivityMs, this.#options.onIdle);
  }

  /** A client stream opened; call the returned function when it closes. */
  enter(): () => void {
    this.#streams++;
    this.touch();
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#streams--;
      this.touch();
    };
  }

  /** Permanent, because streams of a closed tunnel end after it. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
