/** What one answer says: the hub's clock was ahead of the browser's by something between these two, ms. */
interface Sample {
  readonly least: number;
  readonly most: number;
  readonly atMs: number;
}

export interface HubTimeOptions {
  /** The browser's clock, which may be wrong. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Default: `performance.now`. */
  readonly monotonic?: () => number;
}

/** Answers that count: the shortest round trip of these says most. */
const RECENT_MS = 60_000;
const MAX_SAMPLES = 64;

/** The time by the hub's clock. Until an answer carries it, the browser's. */
export class HubTime {
  readonly #clock: () => number;
  readonly #monotonic: () => number;
  #samples: readonly Sample[] = [];
  #offsetMs = 0;

  constructor({ clock = Date.now, monotonic = () => performance.now() }: HubTimeOptions = {}) {
    this.#clock = clock;
    this.#monotonic = monotonic;
  }

  /** To be called before a call. @returns what takes the `Fairlead-Time` of its answer; null: it has none */
  ask(): (header: string | null) => void {
    const sentMs = this.#clock();
    return (header) => {
      const hubMs = header !== null && /^\d{1,15}$/.test(header) ? Number(header) : null;
      const receivedMs = this.#clock();
      if (hubMs === null || receivedMs < sentMs) return;
      this.#add({ least: hubMs - receivedMs, most: hubMs - sentMs, atMs: this.#monotonic() });
    };
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#clock() + this.#offsetMs;
  }

  #add(sample: Sample): void {
    // Samples that contradict the new one are from before one of the clocks was set.
    const agreeing = this.#samples.filter(
      ({ least, most, atMs }) =>
        sample.atMs - atMs < RECENT_MS && least <= sample.most && most >= sample.least,
    );
    this.#samples = [...agreeing, sample].slice(-MAX_SAMPLES);
    const best = this.#samples.reduce((one, other) => (widthOf(other) < widthOf(one) ? other : one));
    this.#offsetMs = Math.round((best.least + best.most) / 2);
  }
}

function widthOf({ least, most }: Sample): number {
  return most - least;
}
