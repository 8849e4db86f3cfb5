import type { Clock } from '../../protocol/clock.js';

/** Shortest hold that is worth more than plain polling, seconds. */
const SHORTEST_SECONDS = 5;
/** How long a shorter hold is kept before the full one is tried again, ms. */
const RETRY_MS = 10 * 60_000;
/** So many cuts at a like age make a rule: a suspended machine, a new address or a restart cuts a hold at any age. */
const CUTS = 3;
/** What differs by no more is a like age: a part of it, or ms. */
const ALIKE = Object.freeze({ part: 0.2, ms: 2_000 });

/**
 * Decides how long the next check-in offers to be held. Where something on the way cuts held requests at an age of its
 * own, holds get shorter, and in the end check-ins are plain. A hold that the hub's own restart ended is not counted:
 * the hub's boot id tells the two apart.
 */
export class HoldPolicy {
  readonly #clock: Clock;
  #limitSeconds = Number.POSITIVE_INFINITY;
  #limitUntilMs = 0;
  #granted = 0;
  #suspectMs: number | null = null;
  /** Ages of cuts, all alike, that no longer hold has disproved. */
  #cutsMs: readonly number[] = [];
  #hub: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds to offer; 0: check in plainly. */
  next(): number {
    // After a cut one plain check-in tells whether the hub is the same one.
    if (this.#suspectMs !== null) return 0;
    if (this.#clock.monotonic() >= this.#limitUntilMs) this.#limitSeconds = Number.POSITIVE_INFINITY;
    return Math.min(this.#granted, this.#limitSeconds);
  }

  /** A held check-in ended without an answer after `elapsedMs`. */
  cut(elapsedMs: number): void {
    this.#suspectMs = elapsedMs;
  }

  /** A plain check-in failed, too: the network is at fault, not the length of the hold. */
  failed(): void {
    this.#suspectMs = null;
  }

  /**
   * The hub answered.
   * @param heldMs how long it held the check-in; 0: a plain one
   * @returns the new limit in seconds where cuts led to one
   */
  answered(hub: string | null, grantedSeconds: number | null, heldMs: number): number | null {
    const suspectMs = this.#suspectMs;
    const isSameHub = hub === null || this.#hub === null || hub === this.#hub;
    this.#suspectMs = null;
    if (hub !== null) this.#hub = hub;
    if (grantedSeconds !== null) this.#granted = grantedSeconds;
    this.#cutsMs = isSameHub ? this.#cutsMs.filter((ms) => ms >= heldMs) : [];
    if (suspectMs === null || !isSameHub) return null;
    this.#cutsMs = [...this.#cutsMs.filter((ms) => areAlike(ms, suspectMs)), suspectMs];
    if (this.#cutsMs.length < CUTS) return null;
    const shorter = Math.floor((Math.min(...this.#cutsMs) / 1_000) * 0.8);
    this.#cutsMs = [];
    this.#limitSeconds = shorter >= SHORTEST_SECONDS ? shorter : 0;
    this.#limitUntilMs = this.#clock.monotonic() + RETRY_MS;
    return this.#limitSeconds;
  }
}

function areAlike(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(ALIKE.ms, ALIKE.part * Math.max(a, b));
}
