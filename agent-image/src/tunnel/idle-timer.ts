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
  /** Monotonic ms. */
  #lastUseMs = 0;
  #isStopped = false;
  #cancel: (() => void) | null = null;

  constructor(options: IdleTimerOptions) {
    this.#options = options;
  }

  /**
   * Activity: a keep-alive, or the tunnel was opened.
   * @param atMs when, monotonic ms; default: now
   */
  touch(atMs = this.#options.clock.monotonic()): void {
    const { clock, inactivityMs, onIdle } = this.#options;
    this.#lastUseMs = Math.max(this.#lastUseMs, atMs);
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isStopped || this.#streams > 0) return;
    const unusedMs = clock.monotonic() - this.#lastUseMs;
    this.#cancel = clock.after(Math.max(0, inactivityMs - unusedMs), onIdle);
  }

  /** A client stream opened; call the returned function when it closes, with the time at which its use ended. */
  enter(): (endedMs?: number) => void {
    this.#streams++;
    this.touch();
    let isOpen = true;
    return (endedMs) => {
      if (!isOpen) return;
      isOpen = false;
      this.#streams--;
      this.touch(endedMs);
    };
  }

  /** Permanent, because streams of a closed tunnel end after it. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }
}
