import { type Problem, problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import { withinTime } from './disk/within-time.js';

/** Anything with a timer, a socket or a file. */
export interface Part {
  start?(): unknown;
  /** Safe to call twice. */
  stop(): void | Promise<void>;
}

/** Time limit for all parts together, ms: running writes must end, and a disk can hang. */
const PARTS_MS = 4_000;

/** Starts parts one after the other and stops them in reverse. */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #started: Part[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a part, and stops it with the others. Returns it. */
  async use<P extends Part>(part: P): Promise<P> {
    await part.start?.();
    this.#started.push(part);
    return part;
  }

  /**
   * Stops all parts, the last one first; safe to call twice. A part that fails or times out does not prevent others from
   * being stopped.
   * @throws the first failure; Problem `stop-incomplete` on timeout: that part keeps running
   */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    const untilMs = this.#clock.monotonic() + PARTS_MS;
    for (const part of this.#started.splice(0).reverse()) {
      try {
        const stopping = part.stop();
        const leftMs = untilMs - this.#clock.monotonic();
        if (stopping) await withinTime(stopping, leftMs, this.#clock, stopIncomplete);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** The error of a stop that timed out. */
export function stopIncomplete(): Problem {
  return problem('stop-incomplete');
}
