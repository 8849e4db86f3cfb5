import type { Clock } from '../../../protocol/time/clock.js';
import type { HubEvent } from '../../api.js';

/** Source of check-ins. They are polled and report nothing, so that unwatched ones cost nothing. */
export interface WatchedCheckInSources {
  /** Wall clock of an environment's last check-in, ms; null: none since the hub started. */
  readonly lastCheckInAtMs: (environmentId: number) => number | null;
  readonly clock: Clock;
}

interface Sent {
  /** Wall clock of the check-in, ms. */
  readonly atMs: number;
  /** Monotonic ms at which it was sent. */
  readonly sentMs: number;
}

/** Minimum interval between two check-ins of one environment, ms. */
const GAP_MS = 5_000;

/** The check-ins of the environments that one client watches. Suppressed ones are replaced by the latest. */
export class WatchedCheckIns {
  readonly #ids: readonly number[];
  readonly #sources: WatchedCheckInSources;
  readonly #sent = new Map<number, Sent>();

  constructor(ids: readonly number[], sources: WatchedCheckInSources) {
    this.#ids = ids;
    this.#sources = sources;
  }

  /** The events due now, for visible environments. */
  changes(
    isVisible: (environmentId: number) => boolean,
  ): Extract<HubEvent, { type: 'environment-changed' }>[] {
    const { lastCheckInAtMs, clock } = this.#sources;
    const now = clock.monotonic();
    const at = new Date(clock.now()).toISOString();
    return this.#ids.flatMap((id) => {
      if (!isVisible(id)) return [];
      const atMs = lastCheckInAtMs(id);
      const sent = this.#sent.get(id);
      if (atMs === null || atMs === sent?.atMs || (sent && now - sent.sentMs < GAP_MS)) return [];
      this.#sent.set(id, { atMs, sentMs: now });
      const changes = { lastCheckInAt: new Date(atMs).toISOString() };
      return [{ type: 'environment-changed', data: { at, id, changes } }];
    });
  }
}
