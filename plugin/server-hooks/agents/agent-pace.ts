import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';

/** Rate limit of one kind of call, per instance. */
export interface Pace {
  /** Average gap between calls, ms. */
  readonly gapMs: number;
  /** Calls allowed in one burst. */
  readonly burst: number;
}

/** Whose calls are limited together. */
export interface PacedCaller {
  readonly environment: { readonly id: number };
  readonly instance: { readonly id: string };
}

/** Above this many entries, those back within their rate are dropped. */
const MAX_NOTED = 1_024;

/**
 * Limits the rate of calls with costly bodies, per instance, before the body is read (GCRA: one timestamp is all that
 * is kept).
 */
export class AgentPace {
  readonly #clock: Clock;
  /** By instance and kind of call: monotonic ms at which the bucket is full again. */
  readonly #evenMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws Problem `body-too-soon` (429) */
  admit({ environment, instance }: PacedCaller, kind: string, { gapMs, burst }: Pace): void {
    const now = this.#clock.monotonic();
    const key = `${environment.id} ${instance.id} ${kind}`;
    const evenMs = Math.max(this.#evenMs.get(key) ?? 0, now) + gapMs;
    if (evenMs > now + burst * gapMs) {
      const waitMs = evenMs - now - burst * gapMs;
      throw problem('body-too-soon', { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
    }
    this.#evenMs.set(key, evenMs);
    if (this.#evenMs.size > MAX_NOTED) this.#prune(now);
  }

  /** Drops entries whose bucket is full again. */
  #prune(now: number): void {
    for (const [key, evenMs] of this.#evenMs) if (evenMs <= now) this.#evenMs.delete(key);
  }
}
