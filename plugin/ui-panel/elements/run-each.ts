/** What became of one of several. */
export type Outcome =
  | { readonly state: 'waiting' | 'running' | 'done' | 'nothing to do' }
  | { readonly state: 'failed'; readonly message: string };

/** An engine has other work too. */
const AT_ONCE = 4;

/** Does the same to each, some at a time; what fails for one hinders no other. `tell` hears of each change. */
export async function runEach<R>(
  rows: readonly R[],
  run: (row: R) => Promise<unknown>,
  tell: (row: R, outcome: Outcome) => void,
  atOnce = AT_ONCE,
): Promise<void> {
  for (const row of rows) tell(row, { state: 'waiting' });
  const queue = [...rows];
  const work = async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      tell(row, { state: 'running' });
      try {
        await run(row);
        tell(row, { state: 'done' });
      } catch (error) {
        tell(row, failure(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, work));
}

export function failure(error: unknown): Outcome {
  return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
}
