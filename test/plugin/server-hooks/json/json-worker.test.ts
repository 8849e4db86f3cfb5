import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import type { JsonJob } from '../../../../plugin/server-hooks/json/json-job.js';
import { JsonWorker } from '../../../../plugin/server-hooks/json/json-worker.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { untilTrue } from '../../../kit/until.js';

/** Jobs by what their input asks for; tests check the order of their ends. */
const THREAD = `
  require('node:worker_threads').parentPort.on('message', ({ input }) => {
    if (input === 'hang') return;
    if (input === 'die') throw new Error('out of luck');
    const refused = { error: { code: 'bad-request', message: 'no', status: 400 } };
    require('node:worker_threads').parentPort.postMessage(input === 'refuse' ? refused : { value: input });
  });
`;
const JOB: JsonJob<string, string> = {
  name: 'job',
  bounds: { depth: 64, marks: 100 },
  maxBytes: 1024 * 1024,
  read: (_value, input) => `here: ${input}`,
};
const LARGE = Buffer.alloc(40 * 1024, ' ');

function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const logger = new LogRecorder();
  let threads = 0;
  const worker = new JsonWorker({
    spawn: () => {
      threads++;
      return new Worker(THREAD, { eval: true });
    },
    clock,
    logger,
  });
  t.teardown(() => worker.stop());
  return { clock, logger, worker, threads: () => threads };
}

test('json worker: a small body is parsed without the thread, a large one in it', async (t) => {
  const { worker, threads } = setup(t);
  t.is(await worker.run(1, JOB, Buffer.from('{}'), 'small'), 'here: small');
  t.is(threads(), 0);
  t.is(await worker.run(1, JOB, LARGE, 'large'), 'large');
  t.is(await worker.run(1, JOB, LARGE, 'again'), 'again');
  t.is(threads(), 1);
  t.like(await t.throwsAsync(worker.run(1, JOB, LARGE, 'refuse')), { code: 'bad-request', status: 400 });
});

test('json worker: environments take turns', async (t) => {
  const { worker } = setup(t);
  const order: string[] = [];
  const run = async (environmentId: number, name: string) =>
    order.push(await worker.run(environmentId, JOB, LARGE, name));
  await Promise.all([run(1, '1a'), run(1, '1b'), run(1, '1c'), run(2, '2a'), run(3, '3a')]);
  t.deepEqual(order, ['1a', '1b', '2a', '3a', '1c']);
});

test('json worker: a job past its deadline is refused, and the next one is parsed', async (t) => {
  const { worker, clock, threads } = setup(t);
  const hanging = t.throwsAsync(worker.run(1, JOB, LARGE, 'hang'), { code: 'body-too-complex' });
  const next = worker.run(1, JOB, LARGE, 'next');
  await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
  clock.advance(10_000);
  await hanging;
  t.is(await next, 'next');
  t.is(threads(), 2);
});

test('json worker: a job that crashes the thread is refused and logged, and the next one is parsed', async (t) => {
  const { worker, logger, threads } = setup(t);
  t.like(await t.throwsAsync(worker.run(1, JOB, LARGE, 'die')), { code: 'hub-busy', status: 503 });
  t.is(logger.lines.filter(({ level }) => level === 'error').length, 1);
  t.is(await worker.run(1, JOB, LARGE, 'next'), 'next');
  t.is(threads(), 2);
});

test('json worker: one environment cannot fill the queue', async (t) => {
  const { worker } = setup(t);
  const body = Buffer.alloc(8 * 1024 * 1024, ' ');
  const mine = Array.from({ length: 10 }, (_, index) => worker.run(1, JOB, body, `${index}`));
  const ends = await Promise.allSettled([...mine, worker.run(2, JOB, body, 'other')]);
  const refused = ends.filter(({ status }) => status === 'rejected');
  t.is(refused.length, 1, 'one is read while eight wait');
  t.is(ends.at(-1)?.status, 'fulfilled');
});

test('json worker: a stop refuses waiting and later jobs', async (t) => {
  const { worker, clock } = setup(t);
  const ends = [worker.run(1, JOB, LARGE, 'hang'), worker.run(1, JOB, LARGE, 'next')].map((one) =>
    t.throwsAsync(one, { code: 'hub-stopping' }),
  );
  await worker.stop();
  await worker.stop();
  await Promise.all(ends);
  await t.throwsAsync(worker.run(1, JOB, LARGE, 'late'), { code: 'hub-stopping' });
  t.is(clock.pending, 0);
});

test('json worker: a late answer of an abandoned thread is not the next job’s', async (t) => {
  const clock = new FakeClock();
  const threads: FakeThread[] = [];
  const worker = new JsonWorker({
    spawn: () => {
      const thread = new FakeThread();
      threads.push(thread);
      return thread as unknown as Worker;
    },
    clock,
    logger: new LogRecorder(),
  });
  const first = t.throwsAsync(worker.run(1, JOB, LARGE, 'first'), { code: 'body-too-complex' });
  const second = worker.run(2, JOB, LARGE, 'second');
  clock.advance(10_000);
  threads[0]?.emit('message', { value: 'first' });
  threads[1]?.emit('message', { value: 'second' });
  await first;
  t.is(await second, 'second');
  await worker.stop();
});

test('json worker: a thread that does not start fails the waiting jobs, and is started again', async (t) => {
  const clock = new FakeClock();
  const logger = new LogRecorder();
  let isBroken = true;
  const worker = new JsonWorker({
    spawn: () => {
      if (isBroken) throw new Error('no more threads');
      return new Worker(THREAD, { eval: true });
    },
    clock,
    logger,
  });
  t.teardown(() => worker.stop());
  const waiting = Array.from({ length: 5_000 }, () => worker.run(1, JOB, LARGE, 'waits'));
  for (const { status } of await Promise.allSettled(waiting)) if (status !== 'rejected') t.fail();
  t.like(await t.throwsAsync(worker.run(1, JOB, LARGE, 'one')), { code: 'hub-busy', status: 503 });
  t.is(clock.pending, 0);
  isBroken = false;
  t.is(await worker.run(1, JOB, LARGE, 'next'), 'next');
});

/** A thread as the worker sees it; it says what tests emit. */
class FakeThread extends EventEmitter {
  unref(): void {}
  postMessage(): void {}
  async terminate(): Promise<number> {
    return 0;
  }
}
