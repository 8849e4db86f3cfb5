import type { TunnelView } from '../../plugin/api.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { Failure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import type { HubClient } from '../hub/client.js';

/** Between two reads of the state, ms. */
const POLL_MS = 5_000;

/** What is reported: the state of the tunnel, or why it cannot be read. */
export type TunnelReport = { readonly state: TunnelView['state'] } | { readonly failure: Failure };

/** Reports each change of a tunnel's state, and each change of the reason why it cannot be read. */
export class TunnelWatch {
  readonly #hub: HubClient;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onChange: (report: TunnelReport) => void;
  #stopTimer: (() => void) | undefined;
  #last: string | undefined;
  #isReading = false;

  constructor(hub: HubClient, environmentId: number, clock: Clock, onChange: (report: TunnelReport) => void) {
    this.#hub = hub;
    this.#path = `/api/environments/${environmentId}/tunnel`;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  start(): void {
    this.#stopTimer = this.#clock.every(POLL_MS, () => void this.#read());
    void this.#read();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const { body } = await this.#hub.call<TunnelView>('GET', this.#path);
      this.#report(body.state, { state: body.state });
    } catch (error) {
      const failure = failureOf(error);
      this.#report(failure.message, { failure });
    } finally {
      this.#isReading = false;
    }
  }

  #report(key: string, report: TunnelReport): void {
    if (this.#stopTimer === undefined || this.#last === key) return;
    this.#last = key;
    this.#onChange(report);
  }
}
