/**
 * When ids are due, in buckets of one tick: an id takes one entry, and a tick without due ids costs one lookup. Of two
 * times for an id the earlier one counts.
 */
export class DueIds {
  readonly #tickMs: number;
  /** By id: its tick. */
  readonly #ticks = new Map<number, number>();
  /** By tick. An entry whose id has another tick by now is ignored. */
  readonly #ids = new Map<number, number[]>();
  /** The first tick that is not over. */
  #next: number;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#next = Math.ceil(nowMs / tickMs);
  }

  /** @param atMs a time in the past is due at the next tick */
  add(id: number, atMs: number): void {
    const tick = Math.max(this.#next, Math.ceil(atMs / this.#tickMs));
    const before = this.#ticks.get(id);
    if (before !== undefined && before <= tick) return;
    this.#ticks.set(id, tick);
    const ids = this.#ids.get(tick);
    if (ids) ids.push(id);
    else this.#ids.set(tick, [id]);
  }

  /** Removes and returns the ids that are due. */
  take(nowMs: number): number[] {
    const due: number[] = [];
    for (; this.#next <= nowMs / this.#tickMs; this.#next++) {
      for (const id of this.#ids.get(this.#next) ?? []) {
        if (this.#ticks.get(id) !== this.#next) continue;
        this.#ticks.delete(id);
        due.push(id);
      }
      this.#ids.delete(this.#next);
    }
    return due;
  }
}
