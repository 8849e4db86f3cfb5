import { TUNNEL } from './tunnel-settings.js';

/** Added to the round trip, ms: what two event loops take to answer even on loopback. */
const TURNAROUND_MS = 2;
/** Round trips remembered; at one ping each 3 s half a minute. */
const RTT_SAMPLES = 10;
/** A delivery is measured over no less, ms: what piled up while an event loop was away is no rate. */
const LEAST_SAMPLE_MS = 50;
/** The highest rate of the last one to two of these counts, ms. */
const RATE_MEMORY_MS = 2_000;

/**
 * Sizes the connection's receive window: twice (least round trip × highest delivery rate), within
 * bounds. Twice, because a window is refilled when half of it is used, and so that the rate can be seen to grow; the
 * least round trip, because the queue a large window builds on a slow link must not argue for a larger one. A
 * keystroke waits behind at most one window.
 */
export class FlowWindow {
  readonly #rtts: number[] = [];
  #size: number = TUNNEL.minConnectionWindow;
  #rate = 0;
  #earlierRate = 0;
  #rateAgeMs = 0;

  /** Current size, bytes. */
  get size(): number {
    return this.#size;
  }

  /** What a delivery must span at least to be a sample, ms: one round trip, so that a burst is averaged. */
  get sampleMs(): number {
    return Math.max(LEAST_SAMPLE_MS, this.#leastRtt());
  }

  /**
   * A ping came back after `rttMs`, and meanwhile `bytes` passed. Where those are a good part of the window the
   * ping may have waited in a queue of our own making; then it counts only if it was faster than all others.
   */
  addRoundTrip(rttMs: number, bytes: number): void {
    if (bytes > this.#size / 4 && this.#rtts.length > 0 && rttMs >= this.#leastRtt()) return;
    this.#rtts.push(rttMs);
    if (this.#rtts.length > RTT_SAMPLES) this.#rtts.shift();
  }

  /**
   * `bytes` arrived within `elapsedMs`, at least {@link sampleMs}. Returns the new size where it differs enough
   * to be worth telling, else null.
   */
  addDelivery(bytes: number, elapsedMs: number): number | null {
    if (elapsedMs <= 0) return null;
    this.#rateAgeMs += elapsedMs;
    if (this.#rateAgeMs > RATE_MEMORY_MS) {
      this.#earlierRate = this.#rate;
      this.#rate = 0;
      this.#rateAgeMs = 0;
    }
    this.#rate = Math.max(this.#rate, bytes / elapsedMs);
    const rate = Math.max(this.#rate, this.#earlierRate);
    const wanted = Math.round(2 * (this.#leastRtt() + TURNAROUND_MS) * rate);
    const size = Math.min(TUNNEL.maxConnectionWindow, Math.max(TUNNEL.minConnectionWindow, wanted));
    if (size > this.#size * 0.75 && size < this.#size * 1.25) return null;
    this.#size = size;
    return size;
  }

  #leastRtt(): number {
    return this.#rtts.length > 0 ? Math.min(...this.#rtts) : 0;
  }
}
