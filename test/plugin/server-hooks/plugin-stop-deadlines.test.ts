import { Duplex } from 'node:stream';
import test from 'ava';
import { OpenCalls } from '../../../plugin/server-hooks/http/open-calls.js';
import { Lifecycle } from '../../../plugin/server-hooks/lifecycle.js';
import { mountPlugin, type Running } from '../../../plugin/server-hooks/plugin.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { LogRecorder } from '../../kit/log-recorder.js';

const never = () => new Promise<never>(() => undefined);

/** Lets promises that are settled have their effect. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function fakeRunning(stopped: string[]): Running {
  return {
    tunnelPort: 1,
    dockerPort: null,
    answer: (_req, res) => void res.write('begun'),
    checkIn: () => false,
    answerCheckIn: () => false,
    upgrade: () => false,
    problems: () => [],
    stop: async () => void stopped.push('parts'),
  };
}

test('stop: a connection that never closes does not hold it up, and is counted', async (t) => {
  const clock = new FakeClock();
  const calls = new OpenCalls(clock);
  // Like a socket that Node loses track of: it is destroyed without a `close` event.
  const stuck = new Duplex({ read: () => undefined, write: () => undefined, destroy: () => undefined });
  calls.addSocket(stuck);
  const ending = calls.end();
  for (const _ of ['its own end', 'the cut']) {
    await turn();
    t.is(clock.pending, 1);
    clock.advance(1_000);
  }
  t.is(await ending, 1);
  t.true(stuck.destroyed);
  t.is(clock.pending, 0);
});

test('stop: a part that fails to stop does not prevent others from stopping, or calls from ending', async (t) => {
  const stopped: string[] = [];
  const parts = [
    { stop: () => void stopped.push('first') },
    {
      stop: () => {
        throw new Error('second');
      },
    },
    { stop: () => Promise.reject(new Error('third')) },
    { stop: async () => void stopped.push('fourth') },
  ];
  const lifecycle = new Lifecycle(new FakeClock());
  for (const part of parts) await lifecycle.use(part);
  await t.throwsAsync(lifecycle.stop(), { message: 'third' });
  await t.notThrowsAsync(lifecycle.stop(), 'once');
  t.deepEqual(stopped, ['fourth', 'first']);

  const plugin = mountPlugin({
    mount: '/edge',
    clock: new FakeClock(),
    logger: new LogRecorder(),
    run: async () => ({ ...fakeRunning([]), stop: () => Promise.reject(new Error('a part')) }),
  });
  await plugin.start();
  await t.throwsAsync(plugin.stop(), { message: 'a part' });
  await plugin.start();
});

test('stop: a part that never stops is abandoned after four seconds, and the others stop', async (t) => {
  const clock = new FakeClock();
  const stopped: string[] = [];
  const lifecycle = new Lifecycle(clock);
  for (const part of [{ stop: () => void stopped.push('last') }, { stop: never }]) await lifecycle.use(part);
  const stopping = lifecycle.stop();
  await turn();
  clock.advance(3_999);
  await turn();
  t.deepEqual(stopped, []);
  clock.advance(1);
  await t.throwsAsync(stopping, { code: 'stop-incomplete' });
  t.deepEqual(stopped, ['last']);
  t.is(clock.pending, 0);
});

test('stop: a start that never ends does not delay it, and is stopped if it ends after all', async (t) => {
  const clock = new FakeClock();
  const stopped: string[] = [];
  let run: (running: Running) => void = () => undefined;
  const plugin = mountPlugin({
    mount: '/edge',
    clock,
    logger: new LogRecorder(),
    run: () =>
      new Promise<Running>((resolve) => {
        run = resolve;
      }),
  });
  const starting = plugin.start();
  await turn();
  const stopping = plugin.stop();
  await turn();
  clock.advance(1_000);
  await t.throwsAsync(stopping, { code: 'stop-incomplete' });
  run(fakeRunning(stopped));
  await t.throwsAsync(starting, { message: 'the plugin was stopped while it started' });
  t.deepEqual(stopped, ['parts']);
  t.is(clock.pending, 0);
});
