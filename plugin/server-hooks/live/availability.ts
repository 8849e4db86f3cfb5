import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { checkInSecondsOf } from '../agents/check-in-state.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelTarget } from '../tunnel/source.js';
import type { Presence } from './presence.js';

export interface AvailabilityOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly clock: Clock;
}

const MIN_WAIT_MS = 30_000;
const MAX_WAIT_MS = 120_000;
/** Time agents have to reconnect after the hub starts before they count as offline, ms. */
export const STARTUP_MS = 45_000;

/** Decides whether, and for how long, a call may wait for an environment's agent. */
export class Availability {
  readonly #options: AvailabilityOptions;
  readonly #startedMs: number;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /**
   * How long a call may wait for the tunnel, ms: two check-ins plus a margin.
   * @throws Problem as {@link requireReachable}
   */
  waitMs({ environmentId, instanceId }: TunnelTarget): number {
    const environment = this.requireReachable(environmentId, instanceId);
    const seconds = checkInSecondsOf(environment, this.#options.store);
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, 2_000 * seconds + 10_000));
  }

  /**
   * Fails when no agent is available: none at all, or not that of the given node.
   * @throws Problem `environment-not-found` (404), `environment-not-associated`, `environment-offline`,
   *   `node-offline` (503)
   */
  requireReachable(environmentId: number, instanceId?: string): Environment {
    const { store, presence, clock } = this.#options;
    const environment = store.environment(environmentId);
    if (!environment) throw environmentNotFound();
    if (environment.instances.length === 0) throw notAssociated();
    const isStarting = clock.monotonic() - this.#startedMs < STARTUP_MS;
    const candidates = environment.instances.filter(
      ({ id }) => instanceId === undefined || id === instanceId,
    );
    const isLive = candidates.some(({ id }) => presence.isLive(environmentId, id));
    const isUnseen = candidates.every(({ id }) => presence.intervalMs(environmentId, id) === null);
    if (!isLive && !(isStarting && isUnseen)) {
      const code = instanceId === undefined ? 'environment-offline' : 'node-offline';
      throw problem(code, { retryAfterSeconds: 10 });
    }
    return environment;
  }
}

export function environmentNotFound(): Problem {
  return problem('environment-not-found');
}

export function notAssociated(): Problem {
  return problem('environment-not-associated');
}
