import { toError } from '../../format/error.js';

/** Outcome of one item. */
export type Outcome =
  | { readonly state: 'waiting' | 'running' | 'done' | 'nothing to do' }
  | { readonly state: 'failed'; readonly message: string };

/** Leaves the engine capacity for other work. */
const CONCURRENCY = 4;

/** Runs `run` for each row, some in parallel; failures do not stop the others. `onOutcome` gets each change. */
export async function runEach<R>(
  rows: readonly R[],
  run: (row: R) => Promise<unknown>,
  onOutcome: (row: R, outcome: Outcome) => void,
  concurrency = CONCURRENCY,
): Promise<void> {
  for (const row of rows) onOutcome(row, { state: 'waiting' });
  const queue = [...rows];
  const work = async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      onOutcome(row, { state: 'running' });
      try {
        await run(row);
        onOutcome(row, { state: 'done' });
      } catch (error) {
        onOutcome(row, failure(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, work));
}

export function failure(error: unknown): Outcome {
  return { state: 'failed', message: toError(error).message };
}
