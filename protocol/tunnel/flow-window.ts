import { TUNNEL } from './tunnel-settings.js';

/** Added to the round trip, ms: what two event loops take to answer even on loopback. */
const TURNAROUND_MS = 2;
/** Samples the delivery rate's maximum is taken over; at one a tick that is about a second. */
const RATE_SAMPLES = 10;
/** Round trips remembered; at one ping each 3 s half a minute. */
const RTT_SAMPLES = 10;

/**
 * Sizes the connection's receive window: twice (least round trip × highest delivery rate), within
 * bounds. Twice, so that the rate can be seen to grow; the least round trip, because the queue a large
 * window builds on a slow link must not argue for a larger one. A keystroke waits behind at
 * most one window.
 */
export class FlowWindow {
  readonly #rtts: number[] = [];
  readonly #rates: number[] = [];
  #size: number = TUNNEL.minConnectionWindow;

  /** Current size, bytes. */
  get size(): number {
    return this.#size;
  }

  /** A ping came back after `rttMs`. */
  addRoundTrip(rttMs: number): void {
    keep(this.#rtts, rttMs, RTT_SAMPLES);
  }

  /**
   * `bytes` arrived within `elapsedMs`. Returns the new size where it differs enough to be worth
   * telling, else null.
   */
  addDelivery(bytes: number, elapsedMs: number): number | null {
    if (elapsedMs <= 0) return null;
    keep(this.#rates, bytes / elapsedMs, RATE_SAMPLES);
    const rtt = (this.#rtts.length > 0 ? Math.min(...this.#rtts) : 0) + TURNAROUND_MS;
    const wanted = Math.round(2 * rtt * Math.max(...this.#rates));
    const size = Math.min(TUNNEL.maxConnectionWindow, Math.max(TUNNEL.minConnectionWindow, wanted));
    if (size > this.#size * 0.75 && size < this.#size * 1.25) return null;
    this.#size = size;
    return size;
  }
}

function keep(samples: number[], value: number, most: number): void {
  samples.push(value);
  if (samples.length > most) samples.shift();
}
