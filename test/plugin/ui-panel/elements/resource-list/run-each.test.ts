import test from 'ava';
import { type Outcome, runEach } from '../../../../../plugin/ui-panel/elements/resource-list/run-each.js';

test('run each: a failure does not stop the others, and has its reason', async (t) => {
  const last = new Map<string, Outcome>();
  const run = async (row: string) => {
    if (row === 'b') throw new Error('in use');
  };
  await runEach(['a', 'b', 'c'], run, (row, outcome) => last.set(row, outcome));
  t.deepEqual(
    [...last],
    [
      ['a', { state: 'done' }],
      ['b', { state: 'failed', message: 'in use' }],
      ['c', { state: 'done' }],
    ],
  );
});

for (const [limit, most] of [
  [undefined, 4],
  [1, 1],
] as const)
  test(`run each: ${most} in parallel at most with concurrency ${limit}`, async (t) => {
    let open = 0;
    let seen = 0;
    const run = async () => {
      open += 1;
      seen = Math.max(seen, open);
      await Promise.resolve();
      open -= 1;
    };
    await runEach([1, 2, 3, 4, 5, 6, 7, 8, 9], run, () => {}, limit);
    t.is(seen, most);
  });
