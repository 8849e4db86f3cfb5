import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** Sampling interval, ms. Node counts it as part of each delay. */
const RESOLUTION_MS = 20;

/** How late the event loop was, in seconds. */
export interface EventLoopDelays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures how late the event loop runs its timers. */
export class EventLoopDelay {
  #histogram: IntervalHistogram | null = null;

  start(): void {
    this.#histogram ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  /** Safe to call twice. */
  stop(): void {
    this.#histogram?.disable();
    this.#histogram = null;
  }

  /** The delays since the last call of this. */
  take(): EventLoopDelays {
    const histogram = this.#histogram;
    if (!histogram || histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
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
