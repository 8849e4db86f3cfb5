interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Lets writes that come together share one. A write holds the state of the moment it begins, so a caller waits
 * for one that begins after the call, never for the one under way.
 *
 * A write that fails rejects those who wait for it and those who came meanwhile, as their changes build upon its
 * own; in the same turn `takeBack` runs, so that nobody can build on what was lost.
 */
export class GroupCommit {
  readonly #write: () => Promise<void>;
  readonly #takeBack: () => void;
  #waiting: Waiter[] = [];
  #run: Promise<void> | undefined;

  constructor(write: () => Promise<void>, takeBack: () => void) {
    this.#write = write;
    this.#takeBack = takeBack;
  }

  /** Resolves when a write that contains all changes made so far is done; rejects with that write's error. */
  commit(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#run ??= this.#writeAll();
    });
  }

  /** Resolves at once where every change is on disk, else as {@link commit}. */
  settled(): Promise<void> {
    return this.#run ? this.commit() : Promise.resolve();
  }

  /** Resolves when nothing is being written or waiting for it. Never rejects. */
  async idle(): Promise<void> {
    while (this.#run) await this.#run;
  }

  async #writeAll(): Promise<void> {
    // Changes of one turn go together.
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
        this.#takeBack();
        for (const waiter of lost) waiter.reject(error);
      }
    }
    this.#run = undefined;
  }
}
