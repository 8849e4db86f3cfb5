import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type EngineRequest, requestEngine } from '../../../../plugin/server-hooks/docker/request-engine.js';
import type { TunnelCall } from '../../../../plugin/server-hooks/tunnel/source.js';
import { EngineAgent } from '../../../../plugin/server-hooks/tunnel/streams/engine-agent.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { type EngineDouble, startEngine } from '../../../kit/engine/double.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET: EngineRequest = { method: 'GET', path: '/info', headers: { host: 'docker' }, body: null };

/** A call by a tunnel that leads to this engine. */
function callOf(
  t: ExecutionContext,
  { dial }: EngineDouble,
  closed = new AbortController().signal,
): TunnelCall {
  const agent = new EngineAgent({ dial, clock: systemClock, keepMs: 4_000 });
  t.teardown(() => agent.destroy());
  return { agent, dial, closed, servesSwarm: async () => true, release: () => undefined };
}

/** An engine that answers the first request of each connection; `second` gets the next. */
async function setup(t: ExecutionContext, second: (socket: Socket) => void) {
  const requests: string[] = [];
  const engine = await startEngine(t, (socket) => {
    let count = 0;
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      requests.push(String(chunk).split(' ', 1)[0] ?? '');
      if (++count === 1) socket.write(OK);
      else second(socket);
    });
  });
  const closed = new AbortController();
  const call = callOf(t, engine, closed.signal);
  const send = async (request: Partial<EngineRequest> = {}, signal = closed.signal) => {
    const answer = await requestEngine(call, { ...GET, ...request }, signal, systemClock);
    const body = await text(answer.response);
    answer.close();
    return body;
  };
  return { engine, requests, send, closed };
}

for (const [what, body, connections] of [
  ['without a body leaves its connection to the next call', '', 1],
  ['with a body closes its connection', 'unread', 3],
] as const) {
  test(`engine request: an unread answer ${what}`, async (t) => {
    const engine = await startEngine(t, (socket) => {
      socket.on('end', () => socket.end());
      const answer = `HTTP/1.1 302 Found\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      socket.on('data', () => socket.write(answer));
    });
    const call = callOf(t, engine);
    for (let i = 0; i < 3; i++) {
      const answer = await requestEngine(call, GET, call.closed, systemClock);
      answer.close();
      await turn();
    }
    t.is(engine.connections, connections);
  });
}

test('engine request: a late close does not affect the next call on the connection', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (String(chunk).endsWith('\r\n\r\n')) socket.write(OK);
      // The next request stays in the hub's buffers.
      if (socket.bytesRead < 1_000) socket.pause();
    });
  });
  const call = callOf(t, engine);
  const first = await requestEngine(call, GET, call.closed, systemClock);
  await text(first.response);
  await turn();
  const large = { ...GET, headers: { host: 'docker', 'x-large': 'x'.repeat(8_000_000) } };
  const second = requestEngine(call, large, call.closed, systemClock);
  await turn();
  first.close();
  for (const socket of engine.sockets) socket.resume();
  t.is(await text((await second).response), 'ok');
  t.is(engine.connections, 1);
});

test('engine request: an answer that comes before the request was sent leaves no connection behind', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => socket.pause().write(OK));
  });
  const call = callOf(t, engine);
  const large = { ...GET, headers: { host: 'docker', 'x-large': 'x'.repeat(8_000_000) } };
  const answer = await requestEngine(call, large, call.closed, systemClock);
  t.is(await text(answer.response), 'ok');
  const closed = once(answer.response.socket, 'close');
  answer.close();
  await closed;
  t.pass();
});

for (const [name, second] of [
  ['ends', (socket: Socket) => socket.end()],
  ['breaks', (socket: Socket) => socket.destroy()],
] as const) {
  test(`engine request: is repeated once if its kept connection ${name} before the answer`, async (t) => {
    const { engine, requests, send } = await setup(t, second);
    t.is(await send(), 'ok');
    t.is(await send(), 'ok');
    t.deepEqual(requests, ['GET', 'GET', 'GET']);
    t.is(engine.connections, 2);
  });
}

test('engine request: is not repeated if a new connection ends before the answer', async (t) => {
  const engine = await startEngine(t, (socket) => socket.on('data', () => socket.end()));
  const call = callOf(t, engine);
  await t.throwsAsync(requestEngine(call, GET, call.closed, systemClock), { code: 'engine-bad-response' });
  t.is(engine.connections, 1);
});

test('engine request: is not repeated after an answer that is not HTTP', async (t) => {
  const { engine, send } = await setup(t, (socket) => socket.end('no HTTP\r\n\r\n'));
  t.is(await send(), 'ok');
  await t.throwsAsync(send(), { code: 'engine-bad-response' });
  t.is(engine.connections, 1);
});

test('engine request: is not repeated in the middle of its answer', async (t) => {
  const { engine, send } = await setup(t, (socket) => socket.end(OK.slice(0, -1)));
  t.is(await send(), 'ok');
  await t.throwsAsync(send());
  t.is(engine.connections, 1);
});

test('engine request: is not repeated once its call has ended', async (t) => {
  const { engine, send, closed } = await setup(t, () => closed.abort(new Error('revoked')));
  t.is(await send(), 'ok');
  await t.throwsAsync(send());
  t.is(engine.connections, 1);
});

const SENT_ONCE: Readonly<Record<string, Partial<EngineRequest>>> = {
  'a POST without a body': { method: 'POST', headers: { 'content-length': 0 } },
  'a DELETE': { method: 'DELETE' },
  'an upload': { method: 'PUT', body: Buffer.from('x') },
  'an upgrade': { method: 'GET', headers: { connection: 'Upgrade', upgrade: 'tcp' } },
};
for (const [name, request] of Object.entries(SENT_ONCE)) {
  test(`engine request: ${name} is sent once, on a connection of its own`, async (t) => {
    const { engine, requests, send } = await setup(t, () => t.fail('a second request'));
    t.is(await send(), 'ok');
    t.is(await send(request), 'ok');
    t.is(await send(request), 'ok');
    t.is(engine.connections, 3);
    t.is(requests.length, 3);
  });
}
