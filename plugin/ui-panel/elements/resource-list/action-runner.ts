import type { Outcomes } from './outcomes-view.js';
import { keyOf, type Resource, type ResourceAction, type ResourceTask, titleOf } from './resource.js';
import { failure, type Outcome, runEach } from './run-each.js';

/** `count`: number of rows. Resolves with the chosen options; null: cancelled. */
export type Ask = (count: number, tasks: readonly ResourceTask[]) => Promise<ReadonlySet<string> | null>;

type ActionEnd = 'done' | 'failed' | 'skipped';

interface OutcomeReport extends Outcomes {
  readonly all: Map<string, { name: string; outcome: Outcome }>;
}

/** Runs actions on the rows of a list, one at a time per row, and keeps the outcomes. */
export class ActionRunner<R extends Resource> {
  readonly #onChange: () => void;
  /** Keys of rows with an action that is prepared, confirmed or running. */
  readonly #claimed = new Set<string>();
  /** Keys of rows with a running action. */
  readonly #busy = new Set<string>();
  #reports: readonly OutcomeReport[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Outcomes of each action, oldest first: failures stay until dismissed, the rest until the next action. */
  get outcomes(): readonly Outcomes[] {
    return this.#reports;
  }

  /** False while the dialog is open: a disabled button could not get the focus back. */
  isBusy(row: R): boolean {
    return this.#busy.has(keyOf(row));
  }

  dismiss(outcomes: Outcomes): void {
    this.#reports = this.#reports.filter((report) => report !== outcomes);
    this.#onChange();
  }

  /**
   * Skips rows that have another action.
   * @param ask called if the action needs confirmation
   * @returns `failed`: not every task succeeded; `skipped`: none ran
   */
  async run(action: ResourceAction<R>, rows: readonly R[], ask: Ask): Promise<ActionEnd> {
    const keys = rows.map(keyOf).filter((key) => !this.#claimed.has(key));
    const free = rows.filter((row) => keys.includes(keyOf(row)));
    for (const key of keys) this.#claimed.add(key);
    try {
      return await this.#runTasks(action, free, ask);
    } finally {
      for (const key of keys) {
        this.#claimed.delete(key);
        this.#busy.delete(key);
      }
      this.#onChange();
    }
  }

  async #runTasks(action: ResourceAction<R>, rows: readonly R[], ask: Ask): Promise<ActionEnd> {
    const report: OutcomeReport = { verb: action.label, all: new Map() };
    const onOutcome = (item: Resource, outcome: Outcome) => this.#report(report, item, outcome);
    const tasks: ResourceTask[] = [];
    for (const row of rows)
      await tasksOf(action, row).then(
        (found) => (found.length > 0 ? tasks.push(...found) : onOutcome(row, { state: 'nothing to do' })),
        (error: unknown) => onOutcome(row, failure(error)),
      );
    if (tasks.length === 0) return 'skipped';
    const options = action.confirm ? await ask(rows.length, tasks) : new Set<string>();
    if (!options) return 'skipped';
    for (const row of rows) this.#busy.add(keyOf(row));
    const concurrency = 'isSequential' in action && action.isSequential ? 1 : undefined;
    await runEach(tasks, (task) => task.run(options), onOutcome, concurrency);
    const isDone = [...report.all.values()].every(({ outcome: { state } }) => state !== 'failed');
    if (tasks.length === 1 && isDone) this.dismiss(report);
    return isDone ? 'done' : 'failed';
  }

  #report(report: OutcomeReport, item: Resource, outcome: Outcome): void {
    const key = keyOf(item);
    const others = this.#reports.filter((other) => other !== report);
    for (const { verb, all } of others) if (verb === report.verb && isOver(all)) all.delete(key);
    if (others.length === this.#reports.length) {
      for (const { all } of others) if (isOver(all)) keepFailures(all);
      this.#reports = [...others, report];
    }
    report.all.set(key, { name: titleOf(item), outcome });
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
