import type { Clock } from '../../../protocol/clock.js';

/** What a lease may last without a tunnel, ms. */
export const LEASE_MS = 5_000;
/** The same where all agents take long to connect. */
const MAX_LEASE_MS = 60_000;
/** An agent that is well but for its tunnel comes after all others for so long, ms, and until a tunnel stands. */
const FAILING_MS = 60_000;

interface Failure {
  /** Monotonic ms of the last one. */
  readonly atMs: number;
  /** How many there were since a tunnel stood, of whomever. */
  readonly turns: number;
}

/** Which agents of an environment had the lease, were heard, and brought no tunnel about. */
export class LeaderBackoff {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An agent's turn is over. */
  failed(instanceId: string): void {
    const { turns = 0 } = this.#failures.get(instanceId) ?? {};
    this.#failures.set(instanceId, { atMs: this.#clock.monotonic(), turns: turns + 1 });
  }

  /** An agent's tunnel stands. */
  connected(instanceId: string): void {
    this.#failures.delete(instanceId);
    for (const [id, { atMs, turns }] of this.#failures) {
      if (turns > 0) this.#failures.set(id, { atMs, turns: 0 });
    }
  }

  /** When an agent failed last, monotonic ms; null: it did not, or so long ago that it may try again. */
  failedMs(instanceId: string): number | null {
    const failure = this.#failures.get(instanceId);
    if (!failure) return null;
    const counts = failure.turns > 0 || this.#clock.monotonic() - failure.atMs < FAILING_MS;
    return counts ? failure.atMs : null;
  }

  /**
   * What a lease may last without a tunnel, ms: twice as long each time that all have failed once more. Else agents
   * that are slow to connect would take it from each other for ever.
   * @param instances those that could have it
   */
  leaseMs(instances: readonly { readonly instanceId: string }[]): number {
    if (instances.length === 0) return LEASE_MS;
    const turns = instances.map(({ instanceId }) => this.#failures.get(instanceId)?.turns ?? 0);
    return Math.min(MAX_LEASE_MS, LEASE_MS * 2 ** Math.min(...turns));
  }
}
