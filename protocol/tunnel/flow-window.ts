import { TUNNEL } from './tunnel-settings.js';

/**
 * Window per round trip × rate. A receiver sends WINDOW_UPDATE when half of the window is used (nghttp2), so that at
 * worst only half of it is in flight: 2 would just suffice, and could not grow.
 */
const GAIN = 2.25;
/** The same while the rate grows (by a quarter at least once in three samples), to fill a long link after a few samples. */
const GROWING_GAIN = 4;
const GROWTH = 1.25;
const FLAT_SAMPLES = 3;
/** Half a window should be a whole number of TLS records: a partial one is not delivered. */
const STEP = 32 * 1024;
/** Added to the round trip, ms: the response time of two event loops even on loopback. */
const TURNAROUND_MS = 2;
/** Round trips remembered: half a minute at one ping each 3 s. */
const RTT_SAMPLES = 10;
const ENOUGH_RTTS = 4;
/** Shortest span of a rate sample, ms: a backlog after a blocked event loop is not a rate. */
const LEAST_SAMPLE_MS = 100;
/** The same while the rate grows. */
const LEAST_GROWING_SAMPLE_MS = 50;
/** The highest rate of the last one to two such periods counts, ms. */
const RATE_MEMORY_MS = 2_000;

/**
 * Sizes the connection's receive window: {@link GAIN} × least round trip × highest delivery rate, within bounds.
 * The least round trip, because the queue that a large window builds on a slow link must not justify a larger one. A
 * keystroke waits behind at most one window.
 */
export class FlowWindow {
  readonly #rtts: number[] = [];
  #size: number = TUNNEL.minConnectionWindow;
  #rate = 0;
  #earlierRate = 0;
  /** Samples since the rate last grew. */
  #flat = 0;
  #rateAgeMs = 0;

  /** Whether enough round trips are known to rule out one slow answer of a busy process. */
  get hasEnoughRtts(): boolean {
    return this.#rtts.length >= ENOUGH_RTTS;
  }

  /** Current size, bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Receive window of each stream, bytes: a single transfer may use the whole connection, while all streams together
   * stay within a bound even if none is read.
   */
  streamSize(streams: number): number {
    return Math.max(
      TUNNEL.streamWindow,
      Math.min(this.#size, Math.floor(TUNNEL.streamMemory / Math.max(1, streams))),
    );
  }

  /** Shortest span of a sample, ms: at least one round trip, to average bursts. */
  get sampleMs(): number {
    return Math.max(this.#isGrowing ? LEAST_GROWING_SAMPLE_MS : LEAST_SAMPLE_MS, this.#leastRtt());
  }

  /**
   * A ping returned after `rttMs`, during which `bytes` passed. If those are a large part of the window, the ping may
   * have waited in our own queue; then it counts only if it was faster than all others.
   */
  addRoundTrip(rttMs: number, bytes: number): void {
    if (bytes > this.#size / 4 && this.#rtts.length > 0 && rttMs >= this.#leastRtt()) return;
    this.#rtts.push(rttMs);
    if (this.#rtts.length > RTT_SAMPLES) this.#rtts.shift();
  }

  /**
   * `bytes` arrived within `elapsedMs`, at least {@link sampleMs}. Returns the new size if it differs enough to be
   * worth sending, else null.
   */
  addDelivery(bytes: number, elapsedMs: number): number | null {
    if (elapsedMs <= 0) return null;
    this.#rateAgeMs += elapsedMs;
    if (this.#rateAgeMs > RATE_MEMORY_MS) {
      this.#earlierRate = this.#rate;
      this.#rate = 0;
      this.#rateAgeMs = 0;
    }
    const before = Math.max(this.#rate, this.#earlierRate);
    this.#rate = Math.max(this.#rate, bytes / elapsedMs);
    const rate = Math.max(this.#rate, this.#earlierRate);
    this.#flat = rate > before * GROWTH ? 0 : this.#flat + 1;
    const gain = this.#isGrowing ? GROWING_GAIN : GAIN;
    const wanted = STEP * Math.ceil((gain * (this.#leastRtt() + TURNAROUND_MS) * rate) / STEP);
    const size = Math.min(TUNNEL.maxConnectionWindow, Math.max(TUNNEL.minConnectionWindow, wanted));
    if (size > this.#size * 0.75 && size < this.#size * 1.25) return null;
    this.#size = size;
    return size;
  }

  get #isGrowing(): boolean {
    return this.#flat < FLAT_SAMPLES;
  }

  #leastRtt(): number {
    return this.#rtts.length > 0 ? Math.min(...this.#rtts) : 0;
  }
}
