/** Something that is read again while the host runs. */
export interface ReloadTask {
  readonly everyMs: number;
  /**
   * Must not reject.
   * @param isAsked an operator says that everything is in place
   */
  run(isAsked: boolean): Promise<void>;
}

/**
 * Reads files again at an interval, and at once when asked. It compares contents instead of watching for events, which
 * network file systems and bind mounts do not have, and which tell nothing of a symbolic link that is swapped.
 */
export class Reloader {
  readonly #tasks: readonly ReloadTask[];
  readonly #running = new Map<ReloadTask, Promise<void>>();
  #timers: NodeJS.Timeout[] = [];

  constructor(tasks: readonly ReloadTask[]) {
    this.#tasks = tasks;
  }

  start(): void {
    this.#timers = this.#tasks.map((task) =>
      setInterval(() => {
        if (!this.#running.has(task)) void this.#run(task, false);
      }, task.everyMs).unref(),
    );
  }

  /** Resolves when what is under way is done. Safe to call twice. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  async reload(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => this.#run(task, true)));
  }

  /** One at a time each. */
  #run(task: ReloadTask, isAsked: boolean): Promise<void> {
    const before = this.#running.get(task) ?? Promise.resolve();
    const run = before
      .then(() => task.run(isAsked))
      .finally(() => {
        if (this.#running.get(task) === run) this.#running.delete(task);
      });
    this.#running.set(task, run);
    return run;
  }
}
