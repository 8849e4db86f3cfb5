import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BulkOffers } from '../../../../../plugin/server-hooks/tunnel/bulk/offers.js';
import type { TunnelSession } from '../../../../../plugin/server-hooks/tunnel/session.js';
import { BulkPipe } from '../../../../../protocol/tunnel/bulk-pipe.js';
import { TUNNEL } from '../../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { bytesOf, hashOf, startByteEngine } from '../../../../kit/engine/byte-engine.js';
import { startEngine } from '../../../../kit/engine/double.js';
import { localTunnel } from '../../../../kit/tunnel/local-tunnel.js';
import { tunnelPair } from '../../../../kit/tunnel/pair.js';

const SIZE = 8 * 1024 * 1024;

/** A pipe whose errors do not end the process. */
async function dial(tunnel: TunnelSession): Promise<Duplex> {
  return (await tunnel.dial('bulk')).on('error', () => undefined);
}

/** Opens a pipe that a bulk connection carries; the first calls use streams. */
async function dialBulk(tunnel: TunnelSession): Promise<Duplex> {
  for (;;) {
    const pipe = await dial(tunnel);
    if (pipe instanceof BulkPipe) return pipe;
    // By the time of its answer, the connection that it asked for may have arrived.
    await exchange(pipe, { path: '/name' });
  }
}

async function exchange(pipe: Duplex, options: http.RequestOptions, body?: Buffer): Promise<Buffer> {
  const request = http.request({ ...options, createConnection: () => pipe });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const answer = await buffer(response);
  if (!pipe.closed) await once(pipe, 'close');
  return answer;
}

async function setup(t: ExecutionContext) {
  const engine = await startByteEngine(t);
  return { engine, ...(await localTunnel(t, { dialEngine: engine.dial })) };
}

test('bulk connections: calls in a row use one connection, and its bytes are whole both ways', async (t) => {
  const { tunnel, engine } = await setup(t);
  await exchange(await dialBulk(tunnel), { path: '/name' });
  const before = engine.connections;
  for (let round = 0; round < 3; round++) {
    const seed = `seed ${round}`;
    const down = await dial(tunnel);
    t.true(down instanceof BulkPipe);
    const bytes = await exchange(down, { path: `/bytes?count=${SIZE}&seed=${round}` });
    t.is(createHash('sha256').update(bytes).digest('hex'), hashOf(`${round}`, SIZE));
    const up = await dial(tunnel);
    t.true(up instanceof BulkPipe);
    const hash = await exchange(up, { method: 'POST', path: '/hash' }, bytesOf(seed, 0, SIZE));
    t.is(hash.toString(), hashOf(seed, SIZE));
  }
  t.is(engine.connections - before, 6, 'each call has its own connection to the engine');
  t.true(tunnel.traffic.received > 3 * SIZE && tunnel.traffic.sent > 3 * SIZE);
});

test('bulk connections: the first call does not wait for one', async (t) => {
  const { tunnel } = await setup(t);
  const pipe = await dial(tunnel);
  t.false(pipe instanceof BulkPipe);
  t.is(String(await exchange(pipe, { path: '/name' })), 'engine');
});

test('bulk connections: eight at a time, further calls use streams', async (t) => {
  const { tunnel } = await setup(t);
  const carried: Duplex[] = [];
  while (carried.length < TUNNEL.maxBulk) carried.push(await dialBulk(tunnel));
  for (let i = 0; i < 20; i++) {
    const pipe = await dial(tunnel);
    t.false(pipe instanceof BulkPipe);
    await exchange(pipe, { path: '/name' });
  }
  const answers = await Promise.all(carried.map((pipe) => exchange(pipe, { path: '/name' })));
  t.deepEqual(new Set(answers.map(String)), new Set(['engine']));
});

test('bulk connections: a client that leaves breaks off its engine connection only', async (t) => {
  const engine = await startEngine(t, (socket, seen) => {
    socket.once('end', () => socket.end());
    socket.on('data', () => {
      if (seen().startsWith('GET')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const { tunnel } = await localTunnel(t, { dialEngine: engine.dial });
  const [left, stays] = [await dialBulk(tunnel), await dialBulk(tunnel)];
  left.write('left');
  stays.write('stays');
  while (!engine.bytes().includes('left') || !engine.bytes().includes('stays')) await turn();
  while (engine.sockets.size > 2) await turn();
  left.destroy(new Error('The client has left'));
  while (engine.sockets.size > 1) await turn();
  t.false(stays.destroyed);
});

test('bulk connections: an engine connection that is lost is an error, never an end', async (t) => {
  const engine = await startByteEngine(t);
  const dialled: Duplex[] = [];
  const dialEngine = async () => {
    const socket = await engine.dial();
    dialled.push(socket);
    return socket;
  };
  const { tunnel } = await localTunnel(t, { dialEngine });
  const pipe = await dialBulk(tunnel);
  pipe.write(`GET /bytes?count=${SIZE} HTTP/1.1\r\nHost: engine\r\n\r\n`);
  await once(pipe, 'data');
  const failed = t.throwsAsync(once(pipe, 'end'), { code: 'stream-reset' });
  dialled.at(-1)?.destroy(new Error('lost'));
  await failed;
});

test('bulk connections: an engine that cannot be reached is reported, and leaves the connection usable', async (t) => {
  const engine = await startByteEngine(t);
  let isDown = false;
  const { tunnel } = await localTunnel(t, {
    dialEngine: () => (isDown ? Promise.reject(new Error('no engine')) : engine.dial()),
  });
  await exchange(await dialBulk(tunnel), { path: '/name' });
  isDown = true;
  await t.throwsAsync(tunnel.dial('bulk'), { code: 'engine-unreachable' });
  isDown = false;
  const pipe = await dial(tunnel);
  t.true(pipe instanceof BulkPipe);
  t.is(String(await exchange(pipe, { path: '/name' })), 'engine');
});

test('bulk connections: each direction ends separately', async (t) => {
  const engine = await startEngine(t, (socket, seen) => {
    socket.on('data', () => {
      if (seen().startsWith('GET')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    socket.once('end', () => socket.end(`${seen()} and an answer`));
  });
  const { tunnel } = await localTunnel(t, { dialEngine: engine.dial });
  const pipe = await dialBulk(tunnel);
  pipe.end('a question');
  t.is(await text(pipe), 'a question and an answer');
});

for (const side of ['hub', 'agent'] as const) {
  test(`bulk connections: end within a second of their tunnel, when the ${side} ends it`, async (t) => {
    const { tunnel, agentTunnel, engine } = await setup(t);
    const used = await dialBulk(tunnel);
    await exchange(await dialBulk(tunnel), { path: '/name' });
    const closed = new Promise<void>((resolve) => used.once('close', () => resolve()));
    const start = performance.now();
    if (side === 'hub') tunnel.close('revoked');
    else agentTunnel.close('stopping');
    await closed;
    t.false(used.readableEnded);
    while (engine.sockets.size > 0) await turn();
    t.true(performance.now() - start < 1_000);
    await t.throwsAsync(tunnel.dial('bulk'));
  });
}

test('bulk connections: an unused one ends after 30 s, one in use does not', async (t) => {
  const engine = await startByteEngine(t);
  const hubClock = new FakeClock();
  const { tunnel } = await localTunnel(t, { dialEngine: engine.dial, hubClock });
  const used = await dialBulk(tunnel);
  await exchange(await dialBulk(tunnel), { path: '/name' });
  // In steps, with calls between them: a tunnel without traffic is dead after 10 s.
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      hubClock.advance(Math.min(5_000, left));
      await exchange(await tunnel.dial(), { path: '/name' });
    }
  };
  await pass(TUNNEL.bulkKeepMs - 1);
  const again = await dial(tunnel);
  t.true(again instanceof BulkPipe);
  await exchange(again, { path: '/name' });
  await pass(TUNNEL.bulkKeepMs);
  t.false((await dial(tunnel)) instanceof BulkPipe);
  t.is(String(await exchange(used, { path: '/name' })), 'engine');
});

for (const [what, answer, offers] of [
  ['refuses them', 'reset', 1],
  ['reports connections that do not arrive', 'lie', TUNNEL.maxBulk],
] as const) {
  test(`bulk connections: an agent that ${what} is asked again after 30 s only`, (t) =>
    refusing(t, answer, offers));
}

async function refusing(t: ExecutionContext, answer: 'reset' | 'lie', most: number): Promise<void> {
  const clock = new FakeClock();
  const asked: string[] = [];
  const ends: Promise<unknown>[] = [];
  const offers = new BulkOffers({ clock, randomBytes });
  const { tunnel } = await tunnelPair(t, {
    clock,
    offers,
    serve: (stream: ServerHttp2Stream, path) => {
      asked.push(path);
      if (path.startsWith(TUNNEL.bulkPath))
        ends.push(new Promise((resolve) => stream.once('close', resolve)));
      if (!path.startsWith('/')) stream.respond({ ':status': 200 });
      else if (answer === 'reset' && path.startsWith(TUNNEL.bulkPath)) stream.close(7);
      else stream.respond({ ':status': 204 }, { endStream: true });
    },
  });
  const ask = async () => {
    (await dial(tunnel)).destroy();
    await Promise.all(ends);
    // The answer to this one arrives after those ends.
    (await tunnel.dial()).destroy();
    return asked.filter((path) => path.startsWith(TUNNEL.bulkPath)).length;
  };
  let count = 0;
  for (let i = 0; i < 10; i++) count = await ask();
  t.is(count, most);
  if (answer === 'lie') {
    // In steps: a tunnel without traffic is dead after 10 s.
    clock.advance(5_000);
    t.is(await ask(), most);
    clock.advance(5_000);
    t.is(await ask(), most);
  }
  for (let i = 0; i < 6; i++) {
    t.is(await ask(), most);
    clock.advance(5_000);
  }
  t.is(await ask(), most + 1);
}
