import type { Clock } from '../../../protocol/time/clock.js';
import { SmallMap } from '../model/small-map.js';

/** Time a lease may last without a tunnel, ms. */
export const LEASE_MS = 5_000;
/** Upper bound of it when all agents are slow to connect. */
const MAX_LEASE_MS = 60_000;
/** An agent whose only failure is its tunnel ranks last for this long, ms, and until a tunnel opens. */
const FAILING_MS = 60_000;

interface Failure {
  /** Monotonic ms of the last failure. */
  readonly atMs: number;
  /** Failures since any tunnel was last open. */
  readonly turns: number;
}

/** Records which of an environment's agents had the lease and checked in but did not open a tunnel. */
export class LeaderBackoff {
  readonly #clock: Clock;
  readonly #failures = new SmallMap<Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records a failed turn. */
  failed(instanceId: string): void {
    const { turns = 0 } = this.#failures.get(instanceId) ?? {};
    this.#failures.set(instanceId, { atMs: this.#clock.monotonic(), turns: turns + 1 });
  }

  /** Records that an agent's tunnel is open. */
  connected(instanceId: string): void {
    this.#failures.delete(instanceId);
    for (const [id, { atMs, turns }] of this.#failures.entries()) {
      if (turns > 0) this.#failures.set(id, { atMs, turns: 0 });
    }
  }

  /** When an agent last failed, monotonic ms; null if it may try again. */
  failedMs(instanceId: string): number | null {
    const failure = this.#failures.get(instanceId);
    if (!failure) return null;
    const counts = failure.turns > 0 || this.#clock.monotonic() - failure.atMs < FAILING_MS;
    return counts ? failure.atMs : null;
  }

  /**
   * Time a lease may last without a tunnel, ms. Doubles each time all agents have failed again; else agents that are
   * slow to connect would take it from each other forever.
   * @param instances the candidates
   */
  leaseMs(instances: readonly { readonly instanceId: string }[]): number {
    if (instances.length === 0) return LEASE_MS;
    const turns = instances.map(({ instanceId }) => this.#failures.get(instanceId)?.turns ?? 0);
    return Math.min(MAX_LEASE_MS, LEASE_MS * 2 ** Math.min(...turns));
  }
}
