/** Whether an attempt may run now; where not, when another makes sense. */
export type Place =
  | { readonly isAdmitted: true }
  | { readonly isAdmitted: false; readonly retryAfterSeconds: number };

export interface WaitingRoomLimits {
  /** Attempts of strangers in a minute, and at once after a quiet one. */
  readonly perMinute: number;
  readonly atOnce: number;
  /** Of strangers and of known callers each. */
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
 * Where attempts wait for their turn: known callers first, strangers at a steady pace. When it is full, the network
 * with the most waiting makes room.
 */
export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  readonly #now: () => number;
  readonly #known: Waiting[] = [];
  readonly #strangers: Waiting[] = [];
  #running = 0;
  /** Attempts that strangers may make now. */
  #allowance: number;
  #countedMs: number;
  #timer: NodeJS.Timeout | null = null;

  /** @param now milliseconds that never go back */
  constructor(limits: WaitingRoomLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#allowance = limits.perMinute;
    this.#countedMs = now();
  }

  /** Each who is admitted calls {@link leave}. */
  enter(network: string, isKnown: boolean): Promise<Place> {
    return new Promise((settle) => {
      const waiting = { network, settle };
      const line = isKnown ? this.#known : this.#strangers;
      line.push(waiting);
      this.#admit();
      if (!line.includes(waiting)) return;
      const waitMs = isKnown ? 0 : this.#waitMs(line.length - 1);
      if (line.length > this.#limits.waiting || waitMs > MAX_WAIT_MS) {
        this.#turnAway(line, mostWaiting(line), Math.max(1, Math.ceil(waitMs / 1000)));
      }
    });
  }

  /** @param isRefunded the attempt of a stranger does not count against the pace */
  leave(isRefunded: boolean): void {
    this.#running -= 1;
    if (isRefunded) this.#allowance = Math.min(this.#limits.perMinute, this.#allowance + 1);
    this.#admit();
  }

  #admit(): void {
    while (this.#running < this.#limits.atOnce) {
      const known = this.#known.shift();
      const next = known ?? (this.#waitMs(0) <= 0 ? this.#strangers.shift() : undefined);
      if (next === undefined) break;
      if (known === undefined) this.#allowance -= 1;
      this.#running += 1;
      next.settle(ADMITTED);
    }
    if (this.#timer !== null || this.#strangers.length === 0) return;
    // Where a comparison is under way instead, its end is what counts.
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (this.#running < this.#limits.atOnce) this.#admit();
      },
      Math.max(1, Math.ceil(this.#waitMs(0))),
    );
  }

  /** How long the stranger with `ahead` others before it has to wait for the pace. */
  #waitMs(ahead: number): number {
    const { perMinute } = this.#limits;
    const now = this.#now();
    this.#allowance = Math.min(
      perMinute,
      this.#allowance + ((now - this.#countedMs) / MINUTE_MS) * perMinute,
    );
    this.#countedMs = now;
    return ((ahead + 1 - this.#allowance) / perMinute) * MINUTE_MS;
  }

  #turnAway(line: Waiting[], waiting: Waiting, retryAfterSeconds: number): void {
    const index = line.indexOf(waiting);
    if (index < 0) return;
    line.splice(index, 1);
    waiting.settle({ isAdmitted: false, retryAfterSeconds });
  }
}

/** The last to come of the network that has the most waiting. */
function mostWaiting(line: readonly Waiting[]): Waiting {
  const counts = new Map<string, number>();
  for (const { network } of line) counts.set(network, (counts.get(network) ?? 0) + 1);
  return line.reduce((most, one) =>
    (counts.get(one.network) ?? 0) >= (counts.get(most.network) ?? 0) ? one : most,
  );
}
