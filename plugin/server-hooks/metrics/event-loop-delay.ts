import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Sampling interval, ms. Node counts it as part of each delay. */
const RESOLUTION_MS = 50;

/** How late the event loop was, in seconds. */
export interface EventLoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures how late the event loop runs its timers, from the first read on: the samples cost CPU time. */
export class EventLoopDelay {
  #histogram: IntervalHistogram | null = null;
  #isStopped = false;

  /** Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#histogram?.disable();
    this.#histogram = null;
  }

  /** The delays since the last call of this; null: nothing was measured. */
  take(): EventLoopDelays | null {
    const histogram = this.#histogram;
    // A scrape may still be under way.
    if (this.#isStopped) return null;
    if (!histogram) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#histogram.enable();
      return null;
    }
    if (histogram.count === 0) return null;
    const delays = {
      p50: secondsLate(histogram.percentile(50)),
      p99: secondsLate(histogram.percentile(99)),
      max: secondsLate(histogram.max),
    };
    histogram.reset();
    return delays;
  }
}

function secondsLate(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1_000;
}
