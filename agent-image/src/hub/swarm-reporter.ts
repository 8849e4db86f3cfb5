import type { SwarmReport } from '../../../protocol/messages/agent-calls.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { NextRun } from '../../../protocol/time/next-run.js';
import type { Logger } from '../log.js';
import type { HubClient } from './client.js';

export interface SwarmReporterOptions {
  readonly client: Pick<HubClient, 'postSwarm'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pause after a report that the hub did not accept, ms. */
const RETRY_MS = 10_000;

/** Sends the hub this manager's report of its Swarm whenever it changes. */
export class SwarmReporter {
  readonly #options: SwarmReporterOptions;
  #report: SwarmReport | null = null;
  /** Number of hub starts seen; 0: none yet. */
  #hubs = 0;
  /** JSON of the last report that the hub accepted. */
  #accepted: string | null = null;
  readonly #sends = new NextRun(() => this.#send());
  #notBeforeMs = 0;
  #isAsked = false;
  #lastCode: string | null = null;

  constructor(options: SwarmReporterOptions) {
    this.#options = options;
  }

  /** A new or restarted hub needs the report again. */
  reset(): void {
    this.#hubs++;
    this.#accepted = null;
    this.#notBeforeMs = 0;
    void this.#sends.run();
  }

  /** Records the current Swarm; null if the engine is not a manager, or does not answer. */
  note(report: SwarmReport | null): void {
    this.#report = report;
    void this.#sends.run();
  }

  /** Resolves when the hub has accepted or refused the last report. Ignores the pause: the hub limits how often it asks. */
  reported(): Promise<void> {
    this.#isAsked = true;
    return this.#sends.run();
  }

  /** Never throws; a report that the hub does not accept is sent again later. */
  async #send(): Promise<void> {
    const { client, clock, logger } = this.#options;
    const report = this.#report;
    const isDue = this.#isAsked || clock.monotonic() >= this.#notBeforeMs;
    this.#isAsked = false;
    if (!report || this.#hubs === 0 || !isDue) return;
    const text = JSON.stringify(report);
    if (text === this.#accepted) return;
    const hubs = this.#hubs;
    try {
      await client.postSwarm(report);
      if (hubs === this.#hubs) this.#accepted = text;
      this.#lastCode = null;
    } catch (error) {
      const code = codeOf(error);
      this.#notBeforeMs = clock.monotonic() + RETRY_MS;
      logger[code === this.#lastCode ? 'debug' : 'warn'](
        { err: error },
        'the hub did not accept the Swarm report',
      );
      this.#lastCode = code;
    }
  }
}
