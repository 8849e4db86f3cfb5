import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { EngineAgent } from '../../../../../plugin/server-hooks/tunnel/streams/engine-agent.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { type EngineScript, startEngine, startHttpEngine } from '../../../../kit/engine/double.js';
import { untilTrue } from '../../../../kit/until.js';

const KEEP_MS = 4_000;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function setup(t: ExecutionContext, script?: EngineScript) {
  const engine = script
    ? await startEngine(t, script)
    : await startHttpEngine(
        t,
        (req, res) =>
          void req.resume().on('end', () => res.writeHead(200, { 'content-length': 2 }).end('ok')),
      );
  const clock = new FakeClock();
  const asked: boolean[] = [];
  const streams: Duplex[] = [];
  const dial = async (isKept: boolean) => {
    asked.push(isKept);
    const stream = await engine.dial();
    streams.push(stream);
    return stream;
  };
  const agent = new EngineAgent({ dial, clock, keepMs: KEEP_MS });
  t.teardown(() => agent.destroy());
  const send = async (options: http.RequestOptions = {}, body?: string) => {
    const request = http.request({ agent, ...options });
    // Of what comes after the answer.
    request.on('error', () => undefined);
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const answer = await text(response);
    // A connection is free a turn after its answer.
    await turn();
    return { text: answer, isReused: request.reusedSocket };
  };
  return { engine, clock, agent, asked, streams, send };
}

/** Answers each request with the same bytes. */
const always =
  (answer: string): EngineScript =>
  (socket) => {
    socket.on('data', () => socket.write(answer));
    socket.on('end', () => socket.end());
  };

/** The engine's ends of all connections, once there are none. */
async function untilNone(sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
}

test('engine agent: calls in a row share a connection', async (t) => {
  const { engine, send, asked } = await setup(t);
  t.false((await send()).isReused);
  for (let i = 0; i < 10; i++)
    t.like(await send({ method: i % 2 ? 'HEAD' : 'GET' }), { isReused: true }, `${i}`);
  t.is(engine.connections, 1);
  t.deepEqual(asked, [true]);
});

for (const [name, options, body] of [
  ['a POST', { method: 'POST' }],
  ['a DELETE', { method: 'DELETE' }],
  ['a PUT with a body', { method: 'PUT' }, 'body'],
  ['a GET with a body', { method: 'GET', headers: { 'content-length': 4 } }, 'body'],
  ['an upgrade', { method: 'GET', headers: { connection: 'Upgrade', upgrade: 'tcp' } }],
] as const) {
  test(`engine agent: ${name} gets a connection of its own, which ends with it`, async (t) => {
    const { engine, asked, send } = await setup(t);
    await send();
    t.like(await send(options, body), { text: 'ok', isReused: false });
    t.deepEqual(asked, [true, false]);
    t.like(await send(), { isReused: true });
    t.is(engine.connections, 2);
    const [, own] = [...engine.sockets];
    if (own && !own.closed) await once(own, 'close');
    t.is(engine.sockets.size, 1);
  });
}

test('engine agent: a connection ends when it was unused for its time, the last used one last', async (t) => {
  const { engine, clock, send } = await setup(t);
  await Promise.all([send(), send()]);
  t.is(engine.connections, 2);
  clock.advance(KEEP_MS - 1);
  t.like(await send(), { isReused: true });
  clock.advance(1);
  const closed = [...engine.sockets].map((socket) => once(socket, 'close'));
  await Promise.race(closed);
  t.is(engine.sockets.size, 1);
  clock.advance(KEEP_MS - 1);
  await untilNone(engine.sockets);
  t.is(engine.sockets.size, 0);
  t.like(await send(), { isReused: false });
});

test('engine agent: at most 16 unused connections are kept', async (t) => {
  const { engine, send, clock } = await setup(t);
  await Promise.all(Array.from({ length: 40 }, () => send()));
  await untilTrue('the end of the surplus connections', () => engine.sockets.size <= 16, { everyMs: 1 });
  t.is(engine.connections, 40);
  // One timer for those that are kept; none of those that ended is left.
  await untilTrue('the end of all timers but one', () => clock.pending <= 1, { everyMs: 1 });
  await Promise.all(Array.from({ length: 16 }, () => send()));
  t.is(engine.connections, 40);
});

test('engine agent: bytes after an answer are never the next call’s answer', async (t) => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
  for (const [surplus, isLate] of [
    [forged, false],
    ['x', false],
    [forged, true],
    ['HTTP/1.1 200', true],
    ['x', true],
  ] as const) {
    const { engine, send } = await setup(t, (socket) => {
      socket.once('data', () => socket.write(isLate ? OK : OK + surplus));
    });
    t.is((await send()).text, 'ok');
    const [socket] = engine.sockets;
    const left = socket && once(socket, 'close');
    if (isLate) socket?.write(surplus);
    socket?.once('end', () => socket.end());
    await left;
    t.like(await send(), { text: 'ok', isReused: false });
  }
});

test('engine agent: bytes after a complete answer that is not read yet close the connection', async (t) => {
  const { engine, agent, streams, send } = await setup(t, (socket) => {
    socket.once('data', () => socket.write(OK));
    socket.once('end', () => socket.end());
  });
  const [response] = (await once(http.get({ agent }), 'response')) as [http.IncomingMessage];
  await untilTrue('the whole response', () => response.complete, { everyMs: 1 });
  const [socket] = engine.sockets;
  const [stream] = streams;
  if (!socket || !stream) return t.fail();
  socket.write('HTTP/1.1 200');
  await once(stream, 'data');
  t.is(await text(response), 'ok');
  await once(socket, 'close');
  t.like(await send(), { text: 'ok', isReused: false });
});

test('engine agent: a connection that was destroyed in the same turn is not used', async (t) => {
  const { streams, send } = await setup(t);
  await Promise.all([send(), send()]);
  streams[0]?.destroy();
  t.like(await send(), { text: 'ok', isReused: true });
  for (const stream of streams) stream.destroy();
  t.like(await send(), { text: 'ok', isReused: false });
});

for (const [name, answer] of [
  ['that says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
] as const) {
  test(`engine agent: the connection of an answer ${name} is not kept`, async (t) => {
    const { engine, send } = await setup(t, always(answer));
    await send();
    await untilNone(engine.sockets);
    t.like(await send(), { text: 'ok', isReused: false });
  });
}

test('engine agent: the connection of an answer without a length is not kept', async (t) => {
  const { send } = await setup(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nok'));
  });
  await send();
  t.like(await send(), { text: 'ok', isReused: false });
});

test('engine agent: the connection of a call that was aborted in its answer is not kept', async (t) => {
  let calls = 0;
  const { agent, send } = await setup(t, (socket) => {
    socket.on('data', () =>
      socket.write(++calls === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok' : OK),
    );
  });
  const request = http.get({ agent });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.on('error', () => undefined);
  response.destroy();
  t.like(await send(), { text: 'ok', isReused: false });
});

test('engine agent: a call that was aborted before it had a connection leaves it to the next', async (t) => {
  const { engine, agent, send } = await setup(t);
  const request = http.get({ agent });
  const closed = new Promise((resolve) => request.on('error', () => undefined).once('close', resolve));
  request.destroy();
  await closed;
  await turn();
  t.like(await send(), { text: 'ok', isReused: true });
  t.is(engine.connections, 1);
});

test('engine agent: a connection that the engine closed is not used', async (t) => {
  const { engine, send } = await setup(t);
  await send();
  const [socket] = engine.sockets;
  socket?.end();
  await untilNone(engine.sockets);
  t.like(await send(), { text: 'ok', isReused: false });
});

test('engine agent: once destroyed it keeps no connection and no timer', async (t) => {
  const { engine, agent, clock, send } = await setup(t);
  await send();
  agent.destroy();
  await untilNone(engine.sockets);
  await untilTrue('the end of all timers', () => clock.pending === 0, { everyMs: 1 });
  await send();
  await untilNone(engine.sockets);
  t.is(engine.connections, 2);
});

test('engine agent: a failed dial is the request’s error', async (t) => {
  const failure = new Error('no tunnel');
  const agent = new EngineAgent({ dial: () => Promise.reject(failure), clock: new FakeClock(), keepMs: 1 });
  t.is(await t.throwsAsync(once(http.get({ agent }), 'response')), failure);
});
