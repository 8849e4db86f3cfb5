import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { mountPlugin, type Running } from '../../plugin/server-hooks/plugin.js';
import { stopParts } from '../../plugin/server-hooks/stop-parts.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { LogRecorder } from '../helpers/log-recorder.js';
import { startPlugin } from '../helpers/plugin.js';

const never = () => new Promise<never>(() => undefined);

/** Lets promises that are settled have their effect. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function fakeRunning(stopped: string[]): Running {
  return {
    tunnelPort: 1,
    answer: (_req, res) => void res.write('begun'),
    upgrade: () => false,
    problems: () => [],
    stop: async () => void stopped.push('parts'),
  };
}

test('stop: a connection that never closes does not hold it up, and is reported', async (t) => {
  t.timeout(30_000);
  const running = await startPlugin(t);
  running.server.prependListener('request', (req) => {
    req.socket.on('error', () => undefined);
    // What Node does with this: no reset, no end, no event `close`.
    setImmediate(() => req.socket.end().resetAndDestroy());
  });
  const { port } = running.server.address() as AddressInfo;
  const client = http.get({
    port,
    host: '127.0.0.1',
    path: '/edge/api/events',
    headers: { authorization: 'Bearer admin' },
  });
  client.on('error', () => undefined);
  t.teardown(() => client.destroy());
  const [req] = await once(running.server, 'request');
  await once(req.socket, 'error');
  await running.plugin.stop();
  t.deepEqual(
    running.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
    [{ code: 'stop-incomplete', left: 1 }],
  );
});

test('stop: a part that fails keeps no other from being stopped, nor the calls from being ended', async (t) => {
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
  await t.throwsAsync(stopParts(parts, new FakeClock()), { message: 'second' });
  t.deepEqual(stopped, ['first', 'fourth']);

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

test('stop: a part that never stops is left to itself after four seconds, and the others are stopped', async (t) => {
  const clock = new FakeClock();
  const stopped: string[] = [];
  const parts = [{ stop: never }, { stop: () => void stopped.push('last') }];
  const stopping = stopParts(parts, clock);
  await turn();
  clock.advance(3_999);
  await turn();
  t.deepEqual(stopped, []);
  clock.advance(1);
  await t.throwsAsync(stopping, { code: 'stop-incomplete' });
  t.deepEqual(stopped, ['last']);
  t.is(clock.pending, 0);
});

test('stop: a start that never ends does not hold it up, and stops by itself if it ends after all', async (t) => {
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
