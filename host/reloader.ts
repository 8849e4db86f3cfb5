import type { Clock } from '../protocol/time/clock.js';

/** A source that is read again while the host runs. */
export interface ReloadTask {
  readonly everyMs: number;
  /**
   * Must not reject.
   * @param isRequested the operator requested a reload: the files are complete
   */
  run(isRequested: boolean): Promise<void>;
}

/**
 * Reads files again at an interval, and immediately on request. It compares contents instead of watching for events,
 * which network file systems and bind mounts lack, and which miss a swapped symbolic link.
 */
export class Reloader {
  readonly #tasks: readonly ReloadTask[];
  readonly #running = new Map<ReloadTask, Promise<void>>();
  readonly #clock: Clock;
  #stops: (() => void)[] = [];

  constructor(tasks: readonly ReloadTask[], clock: Clock) {
    this.#tasks = tasks;
    this.#clock = clock;
  }

  start(): void {
    this.#stops = this.#tasks.map((task) =>
      this.#clock.every(task.everyMs, () => {
        if (!this.#running.has(task)) void this.#run(task, false);
      }),
    );
  }

  /** Resolves when current reads are done. Safe to call twice. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await Promise.all(this.#running.values());
  }

  async reload(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => this.#run(task, true)));
  }

  /** One read at a time for each source. */
  #run(task: ReloadTask, isRequested: boolean): Promise<void> {
    const before = this.#running.get(task) ?? Promise.resolve();
    const run = before
      .then(() => task.run(isRequested))
      .finally(() => {
        if (this.#running.get(task) === run) this.#running.delete(task);
      });
    this.#running.set(task, run);
    return run;
  }
}
