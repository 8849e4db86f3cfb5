import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import { ProblemCounts } from '../model/problem-counts.js';

const LOG_MS = 60_000;

/** Logs refused connections, one warning a minute per code, so that unknown callers cannot fill the log. */
export class RefusalLog {
  readonly counts = new ProblemCounts();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #loggedMs = new Map<string, number>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  note(code: string, address: string | undefined): void {
    this.counts.addCode(code);
    const now = this.#clock.monotonic();
    const isNew = now - (this.#loggedMs.get(code) ?? Number.NEGATIVE_INFINITY) >= LOG_MS;
    if (isNew) this.#loggedMs.set(code, now);
    this.#logger[isNew ? 'warn' : 'debug']({ code, address }, 'tunnel refused');
  }
}
