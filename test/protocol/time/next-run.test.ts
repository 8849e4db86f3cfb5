import test from 'ava';
import { NextRun } from '../../../protocol/time/next-run.js';
import { type Deferred, defer } from '../../kit/deferred.js';

function setup() {
  const runs: Deferred<void>[] = [];
  const work = new NextRun(() => {
    const run = defer();
    runs.push(run);
    return run.promise;
  });
  return { runs, work };
}

test('next run: all calls during a run share the next one', async (t) => {
  const { runs, work } = setup();
  const first = work.run();
  const later = [work.run(), work.run()];
  t.is(runs.length, 1);
  t.true(work.isRunning);
  runs[0]?.resolve(undefined);
  await first;
  while (runs.length < 2) await Promise.resolve(undefined);
  runs[1]?.resolve(undefined);
  await Promise.all(later);
  t.is(runs.length, 2);
  t.false(work.isRunning);
});

test('next run: a failure affects only the callers of that run', async (t) => {
  const { runs, work } = setup();
  const first = work.run();
  const later = work.run();
  runs[0]?.reject(new Error('broken'));
  await t.throwsAsync(first, { message: 'broken' });
  while (runs.length < 2) await Promise.resolve(undefined);
  runs[1]?.resolve(undefined);
  await t.notThrowsAsync(later);
});
