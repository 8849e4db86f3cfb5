import type { Clock } from '../../../protocol/clock.js';

/** Half of what nghttp2 bears at once, and a little less than it grants a second; Node 20 offers no option for it. */
const BURST = 500;
const PER_MS = 30 / 1_000;

/**
 * How many streams the hub may reset itself. An HTTP/2 server ends the session after 1,000 RST_STREAM frames and 33
 * more a second (its remedy against CVE-2023-44487), and here the agent is the server: a thousand aborted calls would
 * cost all others theirs.
 */
export class ResetBudget {
  readonly #clock: Clock;
  #left = BURST;
  #countedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedMs = clock.monotonic();
  }

  /** Takes one; false where there is none. */
  spend(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(BURST, this.#left + (now - this.#countedMs) * PER_MS);
    this.#countedMs = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
