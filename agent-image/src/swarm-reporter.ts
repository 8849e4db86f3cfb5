import type { SwarmReport } from '../../protocol/agent-calls.js';
import type { Clock } from '../../protocol/clock.js';
import { codeOf } from '../../protocol/edge-error.js';
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
  /** JSON of the last report that the hub took. */
  #told: string | null = null;
  #isTelling = false;
  #notBeforeMs = 0;
  #lastCode: string | null = null;

  constructor(options: SwarmReporterOptions) {
    this.#options = options;
  }

  /** The hub knows nothing any more: it started anew. */
  forget(): void {
    this.#told = null;
    this.#notBeforeMs = 0;
  }

  /** The Swarm at this moment. Never throws; what the hub does not take is told again with a later call. */
  async tell(report: SwarmReport): Promise<void> {
    const { client, clock, logger } = this.#options;
    const text = JSON.stringify(report);
    if (this.#isTelling || text === this.#told || clock.monotonic() < this.#notBeforeMs) return;
    this.#isTelling = true;
    try {
      await client.postSwarm(report);
      this.#told = text;
      this.#lastCode = null;
    } catch (error) {
      const code = codeOf(error);
      this.#notBeforeMs = clock.monotonic() + RETRY_MS;
      logger[code === this.#lastCode ? 'debug' : 'warn'](
        { err: error },
        'the hub did not take what this manager tells',
      );
      this.#lastCode = code;
    } finally {
      this.#isTelling = false;
    }
  }
}
