/**
 * A map that mostly has one entry, which it keeps without a table: 48 bytes, where a `Map` takes 180. The hub has several
 * for each environment. Entries are in order of insertion.
 */
export class SmallMap<Value extends number | string | object> {
  #key = '';
  /** The only entry's. */
  #value: Value | null = null;
  /** All entries, once there was a second one. */
  #all: Map<string, Value> | null = null;

  get size(): number {
    return this.#all?.size ?? (this.#value === null ? 0 : 1);
  }

  get(key: string): Value | undefined {
    if (this.#all) return this.#all.get(key);
    return key === this.#key ? (this.#value ?? undefined) : undefined;
  }

  set(key: string, value: Value): void {
    if (!this.#all && this.#value !== null && this.#key !== key) {
      this.#all = new Map([[this.#key, this.#value]]);
      this.#value = null;
    }
    if (this.#all) {
      this.#all.set(key, value);
      return;
    }
    this.#key = key;
    this.#value = value;
  }

  delete(key: string): void {
    if (this.#all) this.#all.delete(key);
    else if (this.#key === key) {
      this.#key = '';
      this.#value = null;
    }
  }

  /** A copy, so that entries can be deleted meanwhile. */
  entries(): [string, Value][] {
    if (this.#all) return [...this.#all];
    return this.#value === null ? [] : [[this.#key, this.#value]];
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }

  /** Deletes all other entries; returns whether there were any. */
  keep(keys: ReadonlySet<string>): boolean {
    const others = this.entries().filter(([key]) => !keys.has(key));
    for (const [key] of others) this.delete(key);
    return others.length > 0;
  }
}
