import { problem } from '../../../protocol/problems.js';
import type { Environment } from '../model/environment.js';
import { checkInSecondsOf } from '../model/settings.js';
import type { Store } from '../store/store.js';
import type { TunnelTarget } from '../tunnel/source.js';
import type { LiveEnvironments } from './environments.js';

export interface AvailabilityOptions {
  readonly store: Pick<Store, 'environment' | 'settings'>;
  readonly live: Pick<LiveEnvironments, 'of'>;
}

const MIN_WAIT_MS = 30_000;
const MAX_WAIT_MS = 120_000;

/** Decides whether, and for how long, a call may wait for an environment's agent. */
export class Availability {
  readonly #options: AvailabilityOptions;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
  }

  /**
   * How long a call may wait for the tunnel, ms: two check-ins plus a margin.
   * @throws Problem as {@link requireReachable}
   */
  waitMs({ environmentId, instanceId }: TunnelTarget): number {
    const environment = this.requireReachable(environmentId, instanceId);
    const seconds = checkInSecondsOf(environment, this.#options.store.settings());
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, 2_000 * seconds + 10_000));
  }

  /**
   * Fails when no agent is available: none at all, or not that of the given node.
   * @throws Problem `environment-not-found` (404), `environment-not-associated`, `environment-offline`,
   *   `node-offline` (503)
   */
  requireReachable(environmentId: number, instanceId?: string): Environment {
    const environment = this.#options.store.environment(environmentId);
    if (!environment) throw problem('environment-not-found');
    if (environment.instances.length === 0) throw problem('environment-not-associated');
    const { presence } = this.#options.live.of(environmentId);
    const candidates =
      instanceId === undefined
        ? environment.instances
        : environment.instances.filter(({ id }) => id === instanceId);
    if (candidates.some(({ id }) => presence.mayBeLive(id))) return environment;
    const code = instanceId === undefined ? 'environment-offline' : 'node-offline';
    throw problem(code, { retryAfterSeconds: 10 });
  }
}
