import test from 'ava';
import { AsyncTask } from '../../../../../plugin/ui-panel/elements/controllers/async-task.js';
import { defer } from '../../../../kit/deferred.js';

function makeTask() {
  const host = {
    updates: 0,
    updateComplete: Promise.resolve(true),
    addController: () => {},
    removeController: () => {},
    requestUpdate: () => {
      host.updates += 1;
    },
  };
  return { task: new AsyncTask(host), host };
}

test('async task: busy while it runs; an error stays until the next run', async (t) => {
  const { task, host } = makeTask();
  const work = defer<void>();
  const outcome = task.run(() => work.promise);
  t.deepEqual([task.isBusy, task.error, host.updates], [true, null, 1]);
  work.reject(new Error('no'));
  t.is(await outcome, 'failed');
  t.deepEqual([task.isBusy, task.error?.message, host.updates], [false, 'no', 2]);
  t.is(await task.run(async () => {}), 'done');
  t.is(task.error, null);
});

test('async task: busy until the last of several runs ends', async (t) => {
  const { task } = makeTask();
  const [one, other] = [defer<void>(), defer<void>()];
  const outcomes = [task.run(() => one.promise), task.run(() => other.promise)];
  one.resolve();
  await outcomes[0];
  t.true(task.isBusy);
  other.resolve();
  await outcomes[1];
  t.false(task.isBusy);
});

test('async task: removed from the page, it aborts, and the outcome is ignored', async (t) => {
  const { task, host } = makeTask();
  let signal: AbortSignal | null = null;
  const work = defer<void>();
  const outcome = task.run((given) => {
    signal = given;
    return work.promise;
  });
  task.hostDisconnected();
  t.true((signal as AbortSignal | null)?.aborted);
  work.reject(new Error('late'));
  t.is(await outcome, 'aborted');
  t.deepEqual([task.isBusy, task.error, host.updates], [false, null, 1]);
});

test('async task: a handler gets the error instead', async (t) => {
  const { task } = makeTask();
  const errors: string[] = [];
  await task.run(
    () => Promise.reject('text'),
    ({ message }) => errors.push(message),
  );
  t.deepEqual([errors, task.error], [['text'], null]);
});
