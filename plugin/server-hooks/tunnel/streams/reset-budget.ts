import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Clock } from '../../../../protocol/time/clock.js';

/** Half of nghttp2's burst, and slightly below its rate per second; Node 20 has no option for them. */
const BURST = 500;
const PER_MS = 30 / 1_000;

/**
 * Limits the resets that the hub sends. An HTTP/2 server ends the session after 1,000 RST_STREAM frames plus 33 a
 * second (its mitigation of CVE-2023-44487), and here the agent is the server: a thousand aborted calls would end all
 * others.
 */
export class ResetBudget {
  readonly #clock: Clock;
  #left = BURST;
  #countedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedMs = clock.monotonic();
  }

  /** Spends one reset; false if none is left. */
  spend(): boolean {
    const now = this.#clock.monotonic();
    this.#left = Math.min(BURST, this.#left + (now - this.#countedMs) * PER_MS);
    this.#countedMs = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** Gives up on a stream that was not answered in time: resets it in any case, and counts that. */
  cancel(stream: ClientHttp2Stream): void {
    this.spend();
    stream.close(constants.NGHTTP2_CANCEL);
    // Without flow-control credit from the peer, `close` alone would never finish.
    stream.destroy();
  }
}
