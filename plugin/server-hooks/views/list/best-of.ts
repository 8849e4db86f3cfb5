/** Keeps the first `size` items in order, without sorting all of them. */
export class BestOf<T> {
  readonly #size: number;
  readonly #compare: (a: T, b: T) => number;
  #kept: T[] = [];
  /** The last of the first `size` items so far; undefined below that count. */
  #worst: T | undefined;

  constructor(size: number, compare: (a: T, b: T) => number) {
    this.#size = size;
    this.#compare = compare;
  }

  offer(item: T): void {
    if (this.#worst !== undefined && this.#compare(item, this.#worst) >= 0) return;
    this.#kept.push(item);
    if (this.#kept.length >= 2 * this.#size) this.#worst = this.first().at(-1);
  }

  /** The first items, in order. */
  first(): readonly T[] {
    this.#kept.sort(this.#compare);
    this.#kept.length = Math.min(this.#kept.length, this.#size);
    return this.#kept;
  }
}
