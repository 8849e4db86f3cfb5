import type { Clock } from '../../../protocol/clock.js';
import type { Logger } from '../host.js';

const LOG_MS = 60_000;

/** Counts callers who lack the right secret; they change nothing else, and at most a log line a minute. */
export class AuthFailureLog {
  readonly #clock: Clock;
  readonly #code: string;
  #count = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  /** @param code what they are refused with */
  constructor(clock: Clock, code: string) {
    this.#clock = clock;
    this.#code = code;
  }

  /** How many came since the hub's start. */
  get count(): number {
    return this.#count;
  }

  note(logger: Logger): void {
    this.#count++;
    this.#unlogged++;
    const now = this.#clock.monotonic();
    if (now - this.#loggedMs < LOG_MS) return;
    logger.warn({ code: this.#code, callers: this.#unlogged }, 'callers without the right secret');
    this.#loggedMs = now;
    this.#unlogged = 0;
  }
}
