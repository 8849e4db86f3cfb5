import type { Clock } from '../../../protocol/clock.js';
import type { Logger } from '../host.js';

const LOG_MS = 60_000;

/** Counts callers who lack the right secret; they change nothing else, and at most a log line a minute. */
export class Strangers {
  readonly #clock: Clock;
  #count = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
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
    logger.warn({ code: 'agent-unauthorized', callers: this.#unlogged }, 'callers without the right secret');
    this.#loggedMs = now;
    this.#unlogged = 0;
  }
}
