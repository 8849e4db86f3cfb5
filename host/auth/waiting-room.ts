import type { Clock } from '../../protocol/time/clock.js';

/** Whether an attempt may run; if not, when to retry. */
export type Place =
  | { readonly isAdmitted: true }
  | { readonly isAdmitted: false; readonly retryAfterSeconds: number };

export interface WaitingRoomLimits {
  /** Attempts of unknown callers in a minute; also the burst after a quiet one. */
  readonly perMinute: number;
  readonly concurrent: number;
  /** Queue length, for unknown and for known callers each. */
  readonly waiting: number;
}

interface Waiting {
  readonly network: string;
  readonly settle: (place: Place) => void;
}

const MINUTE_MS = 60_000;
/** A longer wait is refused: clients give up. */
const MAX_WAIT_MS = 10_000;
const ADMITTED: Place = { isAdmitted: true };

/**
 * Queues attempts: known callers first, unknown ones at a steady pace. When it is full, the network with the most
 * waiting attempts loses one.
 */
export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  readonly #clock: Clock;
  readonly #known: Waiting[] = [];
  readonly #unknown: Waiting[] = [];
  #running = 0;
  /** Attempts currently allowed to unknown callers. */
  #allowance: number;
  #countedMs: number;
  #isTimed = false;

  constructor(limits: WaitingRoomLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#allowance = limits.perMinute;
    this.#countedMs = clock.monotonic();
  }

  /** Each admitted caller must call {@link leave}. */
  enter(network: string, isKnown: boolean): Promise<Place> {
    return new Promise((settle) => {
      const waiting = { network, settle };
      const queue = isKnown ? this.#known : this.#unknown;
      queue.push(waiting);
      this.#admit();
      if (!queue.includes(waiting)) return;
      const waitMs = isKnown ? 0 : this.#waitMs(queue.length - 1);
      if (queue.length > this.#limits.waiting || waitMs > MAX_WAIT_MS) {
        this.#turnAway(queue, mostWaiting(queue), Math.max(1, Math.ceil(waitMs / 1000)));
      }
    });
  }

  /** @param isRefunded an unknown caller's attempt does not count against the pace */
  leave(isRefunded: boolean): void {
    this.#running -= 1;
    if (isRefunded) this.#allowance = Math.min(this.#limits.perMinute, this.#allowance + 1);
    this.#admit();
  }

  #admit(): void {
    while (this.#running < this.#limits.concurrent) {
      const known = this.#known.shift();
      const next = known ?? (this.#waitMs(0) <= 0 ? this.#unknown.shift() : undefined);
      if (next === undefined) break;
      if (known === undefined) this.#allowance -= 1;
      this.#running += 1;
      next.settle(ADMITTED);
    }
    if (this.#isTimed || this.#unknown.length === 0) return;
    // While comparisons run, the end of one admits the next.
    this.#isTimed = true;
    this.#clock.after(Math.max(1, Math.ceil(this.#waitMs(0))), () => {
      this.#isTimed = false;
      if (this.#running < this.#limits.concurrent) this.#admit();
    });
  }

  /** Waiting time of an unknown caller with `ahead` others before it. */
  #waitMs(ahead: number): number {
    const { perMinute } = this.#limits;
    const now = this.#clock.monotonic();
    this.#allowance = Math.min(
      perMinute,
      this.#allowance + ((now - this.#countedMs) / MINUTE_MS) * perMinute,
    );
    this.#countedMs = now;
    return ((ahead + 1 - this.#allowance) / perMinute) * MINUTE_MS;
  }

  #turnAway(queue: Waiting[], waiting: Waiting, retryAfterSeconds: number): void {
    const index = queue.indexOf(waiting);
    if (index < 0) return;
    queue.splice(index, 1);
    waiting.settle({ isAdmitted: false, retryAfterSeconds });
  }
}

/** The newest attempt of the network with the most waiting. */
function mostWaiting(queue: readonly Waiting[]): Waiting {
  const counts = new Map<string, number>();
  for (const { network } of queue) counts.set(network, (counts.get(network) ?? 0) + 1);
  return queue.reduce((most, one) =>
    (counts.get(one.network) ?? 0) >= (counts.get(most.network) ?? 0) ? one : most,
  );
}
