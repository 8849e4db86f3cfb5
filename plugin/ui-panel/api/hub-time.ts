/** One response's bounds on how far the hub's clock is ahead of the browser's, ms. */
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

/** Samples to keep: the shortest round trip among them is the most precise. */
const RECENT_MS = 60_000;
const MAX_SAMPLES = 64;

/** The hub's clock; the browser's until a response carries the hub's. */
export class HubTime {
  readonly #clock: () => number;
  readonly #monotonic: () => number;
  #samples: readonly Sample[] = [];
  #offsetMs = 0;

  constructor({ clock = Date.now, monotonic = () => performance.now() }: HubTimeOptions = {}) {
    this.#clock = clock;
    this.#monotonic = monotonic;
  }

  /** Called before a request. @returns a function that records the `Fairlead-Time` of its response; null: it has none */
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
    // Samples that contradict the new one predate a change of one of the clocks.
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
