import type { Outcomes } from './outcomes-view.js';
import type { Resource, ResourceAction, ResourceTask } from './resource.js';
import { keyOf, titleOf } from './resource-names.js';
import { failure, type Outcome, runEach } from './run-each.js';

/** `count`: of rows. Resolves with the options that were chosen; null: no. */
export type Ask = (count: number, tasks: readonly ResourceTask[]) => Promise<ReadonlySet<string> | null>;

interface OutcomeReport extends Outcomes {
  readonly all: Map<string, { name: string; outcome: Outcome }>;
}

/** Does actions to the rows of a list, one at a time to each row, and keeps what became of each. */
export class ActionRunner<R extends Resource> {
  readonly #onChange: () => void;
  /** Keys of rows that an action is for: what it consists of is found out, asked, or done. */
  readonly #taken = new Set<string>();
  /** Keys of those that it is being done to. */
  readonly #busy = new Set<string>();
  #reports: readonly OutcomeReport[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Of each action, oldest first: failures stay until they are dismissed, the rest until another action. */
  get outcomes(): readonly Outcomes[] {
    return this.#reports;
  }

  /** Not yet while it is asked: what is disabled then cannot have the focus back from the dialog. */
  isBusy(row: R): boolean {
    return this.#busy.has(keyOf(row));
  }

  dismiss(outcomes: Outcomes): void {
    this.#reports = this.#reports.filter((told) => told !== outcomes);
    this.#onChange();
  }

  /**
   * Rows that another action is for are left out.
   * @param ask is called where the action asks
   * @returns whether anything was tried
   */
  async run(action: ResourceAction<R>, rows: readonly R[], ask: Ask): Promise<boolean> {
    const keys = rows.map(keyOf).filter((key) => !this.#taken.has(key));
    const free = rows.filter((row) => keys.includes(keyOf(row)));
    for (const key of keys) this.#taken.add(key);
    try {
      return await this.#do(action, free, ask);
    } finally {
      for (const key of keys) {
        this.#taken.delete(key);
        this.#busy.delete(key);
      }
      this.#onChange();
    }
  }

  async #do(action: ResourceAction<R>, rows: readonly R[], ask: Ask): Promise<boolean> {
    const told: OutcomeReport = { verb: action.label, all: new Map() };
    const tell = (item: Resource, outcome: Outcome) => this.#report(told, item, outcome);
    const tasks: ResourceTask[] = [];
    for (const row of rows)
      await tasksOf(action, row).then(
        (found) => (found.length > 0 ? tasks.push(...found) : tell(row, { state: 'nothing to do' })),
        (error: unknown) => tell(row, failure(error)),
      );
    if (tasks.length === 0) return false;
    const options = action.confirm ? await ask(rows.length, tasks) : new Set<string>();
    if (!options) return false;
    for (const row of rows) this.#busy.add(keyOf(row));
    const atOnce = 'isSequential' in action && action.isSequential ? 1 : undefined;
    await runEach(tasks, (task) => task.run(options), tell, atOnce);
    if (tasks.length === 1 && [...told.all.values()].every(({ outcome }) => outcome.state === 'done'))
      this.dismiss(told);
    return true;
  }

  #report(told: OutcomeReport, item: Resource, outcome: Outcome): void {
    const key = keyOf(item);
    const others = this.#reports.filter((other) => other !== told);
    for (const { verb, all } of others) if (verb === told.verb && isOver(all)) all.delete(key);
    if (others.length === this.#reports.length) {
      for (const { all } of others) if (isOver(all)) keepFailures(all);
      this.#reports = [...others, told];
    }
    told.all.set(key, { name: titleOf(item), outcome });
    this.#reports = this.#reports.filter(({ all }) => all.size > 0);
    this.#onChange();
  }
}

function isOver(all: OutcomeReport['all']): boolean {
  return [...all.values()].every(({ outcome: { state } }) => state !== 'waiting' && state !== 'running');
}

function keepFailures(all: OutcomeReport['all']): void {
  for (const [key, { outcome }] of all) if (outcome.state !== 'failed') all.delete(key);
}

async function tasksOf<R extends Resource>(
  action: ResourceAction<R>,
  row: R,
): Promise<readonly ResourceTask[]> {
  if ('tasks' in action) return action.tasks(row);
  return [{ id: row.id, name: row.name, node: row.node ?? null, run: (options) => action.run(row, options) }];
}
