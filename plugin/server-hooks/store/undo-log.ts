/** The first values of what changed since the last write that succeeded, in two layers: being written, and later. */
export class UndoLog<K, V> {
  #writing = new Map<K, V | undefined>();
  #later = new Map<K, V | undefined>();

  /** @param before undefined: there was none */
  changes(key: K, before: V | undefined): void {
    if (!this.#later.has(key)) this.#later.set(key, before);
  }

  /** What changed until now is in the write. Called only when none is under way. */
  writeBegins(): void {
    this.#writing = this.#later;
    this.#later = new Map();
  }

  writeSucceeded(): void {
    this.#writing = new Map();
  }

  /** Forgets all, and tells what was there before it: what the disk has. */
  rollback(): ReadonlyMap<K, V | undefined> {
    const before = new Map([...this.#later, ...this.#writing]);
    this.#writing = new Map();
    this.#later = new Map();
    return before;
  }
}
