import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';

const LOG_MS = 60_000;

/** Counts callers without a valid secret. Logs at most one line a minute. */
export class AuthFailureLog {
  readonly #clock: Clock;
  readonly #code: string;
  #count = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  /** @param code the problem code these callers get */
  constructor(clock: Clock, code: string) {
    this.#clock = clock;
    this.#code = code;
  }

  /** Failures since the hub started. */
  get count(): number {
    return this.#count;
  }

  note(logger: Logger): void {
    this.#count++;
    this.#unlogged++;
    const now = this.#clock.monotonic();
    if (now - this.#loggedMs < LOG_MS) return;
    logger.warn({ code: this.#code, callers: this.#unlogged }, 'refused callers without the right secret');
    this.#loggedMs = now;
    this.#unlogged = 0;
  }
}
