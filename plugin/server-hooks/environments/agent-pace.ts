import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

/** How often one instance may make a call. */
export interface Pace {
  /** For long, ms. */
  readonly gapMs: number;
  /** So many at once. */
  readonly burst: number;
}

/** When more calls of instances are noted, those that are even with their pace are forgotten. */
const MAX_NOTED = 1_024;

/**
 * Bounds the pace of calls whose bodies cost something to read, instance by instance, before they are read (GCRA: one
 * time is all that is kept).
 */
export class AgentPace {
  readonly #clock: Clock;
  /** By instance and kind of call: monotonic ms at which its calls are even with their pace again. */
  readonly #evenMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws EdgeError `body-too-soon` (429) */
  admit({ environment, instance }: AuthenticatedAgent, kind: string, { gapMs, burst }: Pace): void {
    const now = this.#clock.monotonic();
    const key = `${environment.id} ${instance.id} ${kind}`;
    const evenMs = Math.max(this.#evenMs.get(key) ?? 0, now) + gapMs;
    if (evenMs > now + burst * gapMs) {
      const waitMs = evenMs - now - burst * gapMs;
      throw new EdgeError('body-too-soon', 'This agent makes such calls too often', {
        status: 429,
        retryAfterSeconds: Math.ceil(waitMs / 1_000),
      });
    }
    this.#evenMs.set(key, evenMs);
    if (this.#evenMs.size > MAX_NOTED) this.#prune(now);
  }

  /** What is even again says nothing any more. */
  #prune(now: number): void {
    for (const [key, evenMs] of this.#evenMs) if (evenMs <= now) this.#evenMs.delete(key);
  }
}
