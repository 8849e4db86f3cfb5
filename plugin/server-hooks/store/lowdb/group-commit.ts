interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Groups concurrent commits into one write. A write contains the state at its start, so a caller waits for one that
 * starts after the call, never for the running one.
 *
 * A failed write rejects its waiters and those that arrived meanwhile, because their changes build on its own.
 * `rollback` runs in the same turn, so that nothing can build on lost changes.
 */
export class GroupCommit {
  readonly #write: () => Promise<void>;
  readonly #rollback: () => void;
  #waiting: Waiter[] = [];
  #run: Promise<void> | undefined;

  constructor(write: () => Promise<void>, rollback: () => void) {
    this.#write = write;
    this.#rollback = rollback;
  }

  /** Resolves when a write with all changes made so far is done; rejects with that write's error. */
  commit(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#run ??= this.#writeAll();
    });
  }

  /** Resolves immediately if every change is on disk, else as {@link commit}. */
  settled(): Promise<void> {
    return this.#run ? this.commit() : Promise.resolve();
  }

  /** Resolves when no write is running or pending. Never rejects. */
  async idle(): Promise<void> {
    while (this.#run) await this.#run;
  }

  async #writeAll(): Promise<void> {
    // Changes of one turn share a write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const served = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write();
        for (const waiter of served) waiter.resolve();
      } catch (error) {
        const lost = [...served, ...this.#waiting];
        this.#waiting = [];
        this.#rollback();
        for (const waiter of lost) waiter.reject(error);
      }
    }
    this.#run = undefined;
  }
}
