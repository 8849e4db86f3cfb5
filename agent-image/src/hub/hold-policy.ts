import type { Clock } from '../../../protocol/time/clock.js';

/** Shortest useful hold, seconds. */
const SHORTEST_SECONDS = 5;
/** How long a shorter hold is kept before the full one is tried again, ms. */
const RETRY_MS = 10 * 60_000;
/** Cuts at a similar age before holds get shorter: a suspended machine, a new address or a restart cuts one at any age. */
const CUTS = 3;
/** Ages are similar if they differ by no more: a share of the age, or ms. */
const SIMILAR = Object.freeze({ part: 0.2, ms: 2_000 });

/**
 * Decides how long the next check-in may be held. When a proxy cuts held requests at a certain age, holds get shorter,
 * and in the end check-ins are not held. A hold that a restart of the hub ended does not count: the hub's boot id
 * distinguishes the two.
 */
export class HoldPolicy {
  readonly #clock: Clock;
  #limitSeconds = Number.POSITIVE_INFINITY;
  #limitUntilMs = 0;
  #granted = 0;
  #suspectMs: number | null = null;
  /** Ages of cuts, all similar, not disproved by a longer hold. */
  #cutsMs: readonly number[] = [];
  #hub: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds to offer; 0: not held. */
  next(): number {
    // After a cut, a plain check-in shows whether the hub has restarted.
    if (this.#suspectMs !== null) return 0;
    if (this.#clock.monotonic() >= this.#limitUntilMs) this.#limitSeconds = Number.POSITIVE_INFINITY;
    return Math.min(this.#granted, this.#limitSeconds);
  }

  /** A held check-in ended without an answer after `elapsedMs`. */
  cut(elapsedMs: number): void {
    this.#suspectMs = elapsedMs;
  }

  /** A plain check-in failed as well: the network is at fault, not the length of the hold. */
  failed(): void {
    this.#suspectMs = null;
  }

  /**
   * The hub answered.
   * @param heldMs how long it held the check-in; 0: not held
   * @returns the new limit in seconds, if it changed
   */
  answered(hub: string | null, grantedSeconds: number | null, heldMs: number): number | null {
    const suspectMs = this.#suspectMs;
    const isSameHub = hub === null || this.#hub === null || hub === this.#hub;
    this.#suspectMs = null;
    if (hub !== null) this.#hub = hub;
    if (grantedSeconds !== null) this.#granted = grantedSeconds;
    this.#cutsMs = isSameHub ? this.#cutsMs.filter((ms) => ms >= heldMs) : [];
    if (suspectMs === null || !isSameHub) return null;
    this.#cutsMs = [...this.#cutsMs.filter((ms) => areSimilar(ms, suspectMs)), suspectMs];
    if (this.#cutsMs.length < CUTS) return null;
    const shorter = Math.floor((Math.min(...this.#cutsMs) / 1_000) * 0.8);
    this.#cutsMs = [];
    this.#limitSeconds = shorter >= SHORTEST_SECONDS ? shorter : 0;
    this.#limitUntilMs = this.#clock.monotonic() + RETRY_MS;
    return this.#limitSeconds;
  }
}

function areSimilar(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(SIMILAR.ms, SIMILAR.part * Math.max(a, b));
}
