import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { TunnelSession } from '../../../../../plugin/server-hooks/tunnel/session.js';
import { TUNNEL } from '../../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startByteEngine } from '../../../../kit/engine/byte-engine.js';
import { localTunnel } from '../../../../kit/tunnel/local-tunnel.js';
import { tunnelPair } from '../../../../kit/tunnel/pair.js';
import { untilTrue } from '../../../../kit/until.js';

async function setup(t: ExecutionContext) {
  const engine = await startByteEngine(t);
  const hubClock = new FakeClock();
  return { engine, hubClock, ...(await localTunnel(t, { dialEngine: engine.dial, hubClock })) };
}

async function call({ connections: agent }: TunnelSession): Promise<boolean> {
  const request = http.get({ agent, path: '/name' });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  if ((await text(response)) !== 'engine') throw new Error('not its answer');
  await turn();
  return request.reusedSocket;
}

test('kept streams: calls in a row use one stream and one connection to the engine', async (t) => {
  const { engine, tunnel, hubClock } = await setup(t);
  for (let i = 0; i < 50; i++) t.is(await call(tunnel), i > 0);
  t.is(engine.connections, 1);
  hubClock.advance(TUNNEL.keepMs);
  await untilTrue("the end of the engine's connections", () => engine.sockets.size === 0, { everyMs: 1 });
  t.is(tunnel.end, null);
  t.false(await call(tunnel));
});

test('kept streams: are kept for no more than half of the idle time', async (t) => {
  const asked: string[] = [];
  const clock = new FakeClock();
  const { tunnel } = await tunnelPair(t, {
    clock,
    inactivityMs: 2_000,
    serve: (stream, path) => {
      asked.push(path);
      stream.respond({ ':status': 200 });
      stream.on('data', () => stream.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nengine'));
    },
  });
  t.false(await call(tunnel));
  clock.advance(999);
  t.true(await call(tunnel));
  clock.advance(1_000);
  t.false(await call(tunnel));
  t.deepEqual(asked, ['engine', 'engine']);
});

test('kept streams: give way to new calls when the tunnel is full', async (t) => {
  t.timeout(60_000);
  const { engine, tunnel } = await setup(t);
  await Promise.all([call(tunnel), call(tunnel), call(tunnel)]);
  const pipes = await Promise.all(Array.from({ length: TUNNEL.maxStreams - 3 }, () => tunnel.dial()));
  for (const pipe of pipes) pipe.on('error', () => undefined);
  const more = await Promise.all([tunnel.dial(), tunnel.dial(), tunnel.dial()]);
  for (const pipe of more) pipe.on('error', () => undefined);
  await untilTrue('the end of the surplus connections', () => engine.sockets.size <= TUNNEL.maxStreams, {
    everyMs: 1,
  });
  await t.throwsAsync(tunnel.dial(), { code: 'too-many-streams' });
  t.is(tunnel.end, null);
});

for (const end of ['idle', 'revoked', 'stopping'] as const) {
  test(`kept streams: end with the tunnel (${end}), and no later call gets one`, async (t) => {
    const { engine, tunnel, agentClosed, hubClock } = await setup(t);
    await Promise.all([call(tunnel), call(tunnel)]);
    tunnel.close(end);
    const late = once(http.get({ agent: tunnel.connections, path: '/name' }), 'response');
    await t.throwsAsync(late, { code: end === 'revoked' ? 'tunnel-closed' : 'tunnel-lost' });
    t.is(await agentClosed, end);
    await untilTrue("the end of the engine's connections", () => engine.sockets.size === 0, { everyMs: 1 });
    t.is(engine.connections, 2);
    await untilTrue("the end of the hub's timers", () => hubClock.pending === 0, { everyMs: 1 });
    t.is(hubClock.pending, 0);
  });
}

test('kept streams: a call under way on one ends with the tunnel', async (t) => {
  const { tunnel } = await setup(t);
  await call(tunnel);
  const request = http.get({ agent: tunnel.connections, path: '/bytes?count=100000000&seed=1' });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  t.true(request.reusedSocket);
  await once(response, 'readable');
  const failed = once(response, 'error');
  tunnel.close('revoked');
  await failed;
  t.false(response.complete);
});

test('kept streams: a hundred aborted calls leave no stream behind', async (t) => {
  const { engine, tunnel } = await setup(t);
  for (let i = 0; i < 100; i++) {
    const request = http.get({ agent: tunnel.connections, path: '/bytes?count=1000000&seed=1' });
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    response.destroy();
    await new Promise((resolve) => response.once('close', resolve));
  }
  await untilTrue("the end of the engine's connections", () => engine.sockets.size === 0, { everyMs: 1 });
  t.is(tunnel.end, null);
  t.false(await call(tunnel));
});
