import type { SwarmReport } from '../../protocol/agent-calls.js';
import type { Clock } from '../../protocol/clock.js';
import { codeOf } from '../../protocol/edge-error.js';
import { NextRun } from '../../protocol/next-run.js';
import type { HubClient } from './hub-client.js';
import type { Logger } from './log.js';

export interface SwarmReporterOptions {
  readonly client: Pick<HubClient, 'postSwarm'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pause after a report that the hub did not take, ms. */
const RETRY_MS = 10_000;

/** Tells the hub what this manager knows of its Swarm, whenever that is another than before. */
export class SwarmReporter {
  readonly #options: SwarmReporterOptions;
  #report: SwarmReport | null = null;
  /** Counts the hubs that were there; 0: none yet. */
  #hubs = 0;
  /** JSON of the last report that the hub took. */
  #told: string | null = null;
  readonly #tells = new NextRun(() => this.#send());
  #notBeforeMs = 0;
  #isAsked = false;
  #lastCode: string | null = null;

  constructor(options: SwarmReporterOptions) {
    this.#options = options;
  }

  /** A hub that knows nothing yet, or nothing any more, is there. */
  reset(): void {
    this.#hubs++;
    this.#told = null;
    this.#notBeforeMs = 0;
    void this.#tells.run();
  }

  /** The Swarm at this moment; null where the engine is no manager, or does not say. */
  note(report: SwarmReport | null): void {
    this.#report = report;
    void this.#tells.run();
  }

  /** Resolves when the hub has what was noted last, or did not take it. Ignores the pause: the hub limits how often it asks. */
  reported(): Promise<void> {
    this.#isAsked = true;
    return this.#tells.run();
  }

  /** Never throws; what the hub does not take is told again later. */
  async #send(): Promise<void> {
    const { client, clock, logger } = this.#options;
    const report = this.#report;
    const isDue = this.#isAsked || clock.monotonic() >= this.#notBeforeMs;
    this.#isAsked = false;
    if (!report || this.#hubs === 0 || !isDue) return;
    const text = JSON.stringify(report);
    if (text === this.#told) return;
    const hubs = this.#hubs;
    try {
      await client.postSwarm(report);
      if (hubs === this.#hubs) this.#told = text;
      this.#lastCode = null;
    } catch (error) {
      const code = codeOf(error);
      this.#notBeforeMs = clock.monotonic() + RETRY_MS;
      logger[code === this.#lastCode ? 'debug' : 'warn'](
        { err: error },
        'the hub did not take what this manager tells',
      );
      this.#lastCode = code;
    }
  }
}
