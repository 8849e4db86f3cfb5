import type { TaskRow } from './swarm-task-row.js';

/** Managers are not asked more often for names. */
const PAUSE_MS = 5_000;

/** What the tasks of a Swarm are called, for lines of a log: `web.1@node2`. Asks when there is one it does not know. */
export class TaskNames {
  readonly #ask: () => Promise<readonly TaskRow[]>;
  readonly #onNames: () => void;
  #names = new Map<string, string>();
  #askedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param ask for all tasks there are
   * @param onNames there may be new ones
   */
  constructor(ask: () => Promise<readonly TaskRow[]>, onNames: () => void) {
    this.#ask = ask;
    this.#onNames = onNames;
  }

  /**
   * Its name; while that is not known, the start of its id.
   * @param nowMs of any clock that only goes on
   */
  nameOf(id: string, nowMs: number): string {
    const name = this.#names.get(id);
    if (name === undefined && nowMs - this.#askedAtMs >= PAUSE_MS) {
      this.#askedAtMs = nowMs;
      void this.#learn();
    }
    return name ?? id.slice(0, 12);
  }

  async #learn(): Promise<void> {
    try {
      this.#names = new Map((await this.#ask()).map((task) => [task.id, taskLabel(task)]));
      this.#onNames();
    } catch {
      // Who reads the log sees ids, and the log itself tells what is wrong.
    }
  }
}

function taskLabel({ name, service, node }: TaskRow): string {
  if (!node) return name;
  return name === `${service}.${node.name}` ? `${service}@${node.name}` : `${name}@${node.name}`;
}
