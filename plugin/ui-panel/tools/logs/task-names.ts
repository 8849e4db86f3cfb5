import type { Task } from '../../engine/model/task.js';

/** Minimum time between requests for names. */
const MIN_INTERVAL_MS = 5_000;

/** Names of a Swarm's tasks for log lines: `web.1@node2`. Loads them when a task is unknown. */
export class TaskNames {
  readonly #list: () => Promise<readonly Task[]>;
  readonly #onNames: () => void;
  #names = new Map<string, string>();
  #loadedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param list lists all tasks
   * @param onNames called after names were loaded
   */
  constructor(list: () => Promise<readonly Task[]>, onNames: () => void) {
    this.#list = list;
    this.#onNames = onNames;
  }

  /**
   * Its name; while unknown, the start of its id.
   * @param nowMs of any monotonic clock
   */
  nameOf(id: string, nowMs: number): string {
    const name = this.#names.get(id);
    if (name === undefined && nowMs - this.#loadedAtMs >= MIN_INTERVAL_MS) {
      this.#loadedAtMs = nowMs;
      void this.#load();
    }
    return name ?? id.slice(0, 12);
  }

  async #load(): Promise<void> {
    try {
      this.#names = new Map((await this.#list()).map((task) => [task.id, taskLabel(task)]));
      this.#onNames();
    } catch {
      // Ids are shown instead, and the log itself shows the error.
    }
  }
}

function taskLabel({ name, service, node }: Task): string {
  if (!node) return name;
  return name === `${service}.${node.name}` ? `${service}@${node.name}` : `${name}@${node.name}`;
}
