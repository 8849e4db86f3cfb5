import { on, once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { joinInstance } from '../../kit/agent/instance.js';
import { CountingClock } from '../../kit/clock/counting-clock.js';
import { startScriptedEngine } from '../../kit/engine/scripted-engine.js';
import { ONE_EVENT } from '../../kit/engine/scripts.js';
import { startPlugin, type TestPlugin } from '../../kit/hub/plugin.js';

const DEADLINE_MS = 10_000;

/** A caller who sends these bytes and then only listens. */
async function callRaw(t: ExecutionContext, { server }: TestPlugin, ...lines: string[]) {
  const socket = net.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  t.teardown(() => socket.destroy());
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  const [head = '', ...headers] = lines;
  const all = [`${head} HTTP/1.1`, 'Host: hub', 'Authorization: Bearer admin', ...headers, '', ''];
  await once(socket, 'connect');
  socket.write(all.join('\r\n'));
  const untilText = async (pattern: RegExp) => {
    while (!pattern.test(text)) await once(socket, 'data');
  };
  return { closed, untilText };
}

/** An environment whose agent, part of this test, has an open tunnel to an engine. */
async function connectAgent(t: ExecutionContext, running: TestPlugin) {
  const engine = await startScriptedEngine(t, { events: ONE_EVENT });
  const { id, edgeKey, edgeId } = await running.createEnvironment({ name: 'one', url: running.url });
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '', dialEngine: engine.dial });
  await running.call('POST', `/api/environments/${id}/tunnel`);
  const { ended } = await agent.open(await agent.prove(await agent.credential()));
  await running.until(id, ({ tunnel }) => tunnel === 'active');
  return { id, agent, ended, path: `/edge/api/environments/${id}` };
}

test('stop: ends running calls of agents and admins, and leaves no timer', async (t) => {
  t.timeout(60_000);
  const clock = new CountingClock();
  const running = await startPlugin(t, { clock });
  const { id, agent, ended, path } = await connectAgent(t, running);

  const { etag } = await agent.checkIn({ query: { tunnel: 'open' } });
  const held = agent
    .checkIn({ query: { tunnel: 'open' }, ...(etag === undefined ? {} : { etag }), wait: 50 })
    .then(
      () => 'answered',
      () => 'refused',
    );
  const stream = await callRaw(t, running, `GET ${path}/docker/events`);
  await stream.untilText(/\{\}/);
  const feed = await callRaw(t, running, 'GET /edge/api/events', 'Accept: text/event-stream');
  await feed.untilText(/text\/event-stream/);
  const slow = await callRaw(
    t,
    running,
    `PATCH ${path}`,
    'Content-Type: application/json',
    'Content-Length: 9',
  );
  const half = await callRaw(
    t,
    running,
    `POST ${path}/docker/exec/x/start`,
    'Connection: Upgrade',
    'Upgrade: tcp',
    'Content-Length: 9',
  );
  await running.until(id, () => true);

  const began = performance.now();
  await running.plugin.stop();
  const outcomes = [ended, held, stream.closed, feed.closed, slow.closed, half.closed];
  await Promise.all(outcomes);
  t.true(performance.now() - began < DEADLINE_MS);
  t.is(await ended, 'stopping');
  t.deepEqual(clock.waiting, []);
});

test('stop: the second one waits for the first, and a start for both', async (t) => {
  const running = await startPlugin(t);
  const { plugin } = running;
  const order: string[] = [];
  await Promise.all([
    plugin.stop().then(() => order.push('first')),
    plugin.stop().then(() => order.push('second')),
    plugin.start().then(() => order.push('started')),
  ]);
  t.deepEqual(order, ['first', 'second', 'started']);
  t.is((await running.call('GET', '/api/environments')).status, 200);
});

test('stop: does not wait for a caller that the host has not identified yet, and does not serve it afterwards', async (t) => {
  let identify: () => void = () => undefined;
  let isAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const running = await startPlugin(
    t,
    {},
    {
      authenticate: () =>
        new Promise((resolve) => {
          identify = () => resolve({ id: 'admin', via: 'bearer' });
          isAsked();
        }),
    },
  );
  const caller = await callRaw(t, running, 'GET /edge/api/environments');
  await asked;
  await running.plugin.stop();
  identify();
  t.notRegex(await caller.closed, /^HTTP\/1\.1 200/);
});

test('stop: calls pipelined after another one have ended with their connection', async (t) => {
  const running = await startPlugin(t);
  const { path } = await connectAgent(t, running);
  const socket = net.connect({ host: '127.0.0.1', port: (running.server.address() as AddressInfo).port });
  t.teardown(() => socket.destroy());
  const head = `GET ${path}/docker/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer admin\r\n\r\n`;
  const requests = on(running.server, 'request');
  socket.write(head.repeat(3));
  for (let count = 0; count < 3; count++) await requests.next();
  await once(socket, 'data');
  socket.destroy();
  await running.stop();
  t.deepEqual(
    running.log.lines.filter(({ fields }) => 'code' in fields && fields.code === 'stop-incomplete'),
    [],
  );
});

test('stop: one during a start that waits for another stop wins', async (t) => {
  const running = await startPlugin(t);
  const first = running.plugin.stop();
  const start = t.throwsAsync(running.plugin.start(), { message: /was stopped/ });
  const second = running.plugin.stop();
  await Promise.all([first, start, second]);
  t.is((await running.call('GET', '/api/environments')).status, 404);
  await t.notThrowsAsync(running.plugin.start());
});
