import type { Clock } from '../../../protocol/time/clock.js';

/** State of the check-ins; times in milliseconds since the epoch. */
export interface CheckInState {
  /** When the hub last answered a check-in with a state; null: not yet. */
  readonly succeededAtMs: number | null;
  /** Deadline of the next success: end of the interval or hold, plus some slack. */
  readonly dueAtMs: number | null;
  /** Stable code of the last failure since the last success, such as `hub-refused`; null: none. */
  readonly problem: string | null;
}

/** Delay past the interval before a check-in counts as late, ms. */
const SLACK_MS = 30_000;

/** The outcome of the last check-ins, for the health check. */
export class CheckInRecord {
  succeeded = 0;
  failed = 0;
  readonly #clock: Clock;
  #state: CheckInState = { succeededAtMs: null, dueAtMs: null, problem: null };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): CheckInState {
    return this.#state;
  }

  /** @param outcome `code` of the failure, null after a success; `nextWithinMs` until the next outcome */
  note({ code, nextWithinMs }: { code: string | null; nextWithinMs: number }): void {
    const now = this.#clock.now();
    if (code === null) this.succeeded++;
    else this.failed++;
    this.#state =
      code === null
        ? { succeededAtMs: now, dueAtMs: now + nextWithinMs + SLACK_MS, problem: null }
        : { ...this.#state, problem: code };
  }
}
