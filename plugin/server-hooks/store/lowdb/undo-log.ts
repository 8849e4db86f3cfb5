/** The previous values of changes since the last successful write, in two layers: being written, and later. */
export class UndoLog<K, V> {
  #writing = new Map<K, V | undefined>();
  #later = new Map<K, V | undefined>();

  /** @param before undefined if the key was absent */
  changes(key: K, before: V | undefined): void {
    if (!this.#later.has(key)) this.#later.set(key, before);
  }

  /** The changes so far are part of the write. Called only when no write is running. */
  writeStarted(): void {
    this.#writing = this.#later;
    this.#later = new Map();
  }

  writeSucceeded(): void {
    this.#writing = new Map();
  }

  /** Clears the log and returns the previous values, which are on disk. */
  rollback(): ReadonlyMap<K, V | undefined> {
    const before = new Map([...this.#later, ...this.#writing]);
    this.#writing = new Map();
    this.#later = new Map();
    return before;
  }
}
