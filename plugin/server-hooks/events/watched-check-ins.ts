import type { Clock } from '../../../protocol/clock.js';
import type { HubEvent } from '../../api.js';
import type { Presence } from '../environments/presence.js';

/** Where check-ins are read from: they report nothing themselves, so that what nobody looks at costs nothing. */
export interface WatchedCheckInSources {
  readonly presence: Pick<Presence, 'lastCheckInAtMs'>;
  readonly clock: Clock;
}

interface Told {
  /** The check-in, wall clock, ms. */
  readonly atMs: number;
  /** When it was told, monotonic ms. */
  readonly toldMs: number;
}

/** An environment's check-ins are told so often at most, ms. */
const GAP_MS = 5_000;

/** The check-ins of the environments that one client watches. What it asks for later is told with the latest one. */
export class WatchedCheckIns {
  readonly #ids: readonly number[];
  readonly #sources: WatchedCheckInSources;
  readonly #told = new Map<number, Told>();

  constructor(ids: readonly number[], sources: WatchedCheckInSources) {
    this.#ids = ids;
    this.#sources = sources;
  }

  /** What is to be told now, of the environments that `isVisible` says yes to. */
  changes(
    isVisible: (environmentId: number) => boolean,
  ): Extract<HubEvent, { type: 'environment-changed' }>[] {
    const { presence, clock } = this.#sources;
    const now = clock.monotonic();
    const at = new Date(clock.now()).toISOString();
    return this.#ids.flatMap((id) => {
      const atMs = presence.lastCheckInAtMs(id);
      const told = this.#told.get(id);
      if (atMs === null || atMs === told?.atMs || (told && now - told.toldMs < GAP_MS)) return [];
      if (!isVisible(id)) return [];
      this.#told.set(id, { atMs, toldMs: now });
      const changes = { lastCheckInAt: new Date(atMs).toISOString() };
      return [{ type: 'environment-changed', data: { at, id, changes } }];
    });
  }
}
