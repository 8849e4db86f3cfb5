import { once } from 'node:events';
import http from 'node:http';
import { constants } from 'node:http2';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { END_STREAM, rawPeer, readToEnd, sessionPair } from './stream-pair.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CONNECT_ERROR } = constants;
const CODES = Object.entries({
  NO_ERROR: NGHTTP2_NO_ERROR,
  CANCEL: NGHTTP2_CANCEL,
  INTERNAL_ERROR: NGHTTP2_INTERNAL_ERROR,
  CONNECT_ERROR: NGHTTP2_CONNECT_ERROR,
});

test('stream socket: each side ends separately, the other continues', async (t) => {
  const { open } = await sessionPair(t);
  for (const flip of [false, true]) {
    const { near, far } = await open();
    const [early, late] = flip ? [far, near] : [near, far];
    const received = readToEnd(early);
    early.end('question');
    t.deepEqual(await readToEnd(late), { text: 'question', how: 'end' });
    t.true(late.writable);
    late.write('a slow ');
    late.end('answer');
    t.deepEqual(await received, { text: 'a slow answer', how: 'end' });
    await Promise.all([near, far].map((socket) => socket.closed || once(socket, 'close')));
  }
});

for (const [name, code] of CODES) {
  test(`stream socket: a reset with ${name} is an error, never an end`, async (t) => {
    const { socket, data, reset } = await rawPeer(t);
    const received = readToEnd(socket);
    data('half an ans');
    await once(socket, 'data');
    reset(code);
    t.deepEqual(await received, { text: 'half an ans', how: 'stream-reset' });
    t.true(socket.destroyed);
  });

  test(`stream socket: a reset with ${name} without a reader is an error, never an end`, async (t) => {
    const { socket, data, reset } = await rawPeer(t);
    data('half an ans');
    reset(code);
    await t.throwsAsync(once(socket, 'close'), { code: 'stream-reset' });
    t.false(socket.readableEnded);
  });

  test(`stream socket: data that ended before a reset with ${name} is complete`, async (t) => {
    const { socket, data, reset } = await rawPeer(t);
    const received = readToEnd(socket);
    data('the whole answer', END_STREAM);
    t.deepEqual(await received, { text: 'the whole answer', how: 'end' });
    socket.on('error', () => undefined);
    const closed = once(socket, 'close').catch(() => undefined);
    reset(code);
    await closed;
    t.true(socket.destroyed);
    t.false(socket.writable);
  });
}

test('stream socket: the loss of the connection is an error, never an end', async (t) => {
  const { socket, data, cut } = await rawPeer(t);
  const received = readToEnd(socket);
  data('half an ans');
  await once(socket, 'data');
  cut();
  t.deepEqual(await received, { text: 'half an ans', how: 'stream-reset' });
});

test('stream socket: the end of the session is an error at both ends, never an end', async (t) => {
  for (const side of ['client', 'server'] as const) {
    const pair = await sessionPair(t);
    const { near, far } = await pair.open();
    const received = [readToEnd(near), readToEnd(far)];
    pair[side].destroy();
    for (const { how } of await Promise.all(received)) t.is(how, 'stream-reset');
  }
});

test('stream socket: destroying one is a reset for the other, with and without an error', async (t) => {
  const { open } = await sessionPair(t);
  for (const error of [undefined, new Error('broken')]) {
    for (const flip of [false, true]) {
      const { near, far } = await open();
      const [broken, other] = flip ? [far, near] : [near, far];
      broken.on('error', () => undefined);
      const received = readToEnd(other);
      broken.write('part');
      await once(other, 'data');
      broken.destroy(error);
      t.deepEqual(await received, { text: 'part', how: 'stream-reset' });
    }
  }
});

test('stream socket: a finished one is closed without a reset', async (t) => {
  const { open, client } = await sessionPair(t);
  // Node's server ends a session after a thousand resets in a row.
  for (let round = 0; round < 1_200; round += 1) {
    const { near, far, farStream } = await open();
    near.resume();
    far.resume();
    near.end('x');
    far.end('y');
    await Promise.all([once(near, 'close'), once(far, 'close')]);
    if (farStream.rstCode !== NGHTTP2_NO_ERROR || farStream.aborted) t.fail(`round ${round} was reset`);
  }
  t.false(client.destroyed);
});

test('stream socket: an end is kept for a late reader', async (t) => {
  const { open } = await sessionPair(t);
  const { near, far, farStream } = await open();
  far.resume();
  const closed = once(farStream, 'close');
  near.end();
  far.end('x'.repeat(50_000));
  await closed;
  const { text: got, how } = await readToEnd(near);
  t.deepEqual([got.length, how], [50_000, 'end']);
});

test('stream socket: an end is kept for a reader that pauses', async (t) => {
  const { open } = await sessionPair(t);
  const { near, far, farStream } = await open();
  far.resume();
  near.read(0);
  const closed = once(farStream, 'close');
  near.end();
  far.end('x'.repeat(50_000));
  await closed;
  await new Promise(setImmediate);
  const { text: got, how } = await readToEnd(near);
  t.deepEqual([got.length, how], [50_000, 'end']);
});

test('stream socket: a reader that stops in the middle stops the writer', async (t) => {
  const { open } = await sessionPair(t);
  const { near, far } = await open();
  const count = 8 * 1024 * 1024;
  far.end(Buffer.alloc(count));
  near.once('data', () => near.pause());
  await once(near, 'pause');
  // As much on another stream: data that is not held back would have arrived by then.
  const { near: other, far: otherFar } = await open();
  otherFar.end(Buffer.alloc(count));
  t.is((await readToEnd(other)).text.length, count);
  t.true(near.readableLength <= 512 * 1024, `${near.readableLength} bytes piled up`);
  near.resume();
  const { text: got, how } = await readToEnd(near);
  t.is(how, 'end');
  t.true(got.length > count - 512 * 1024);
});

test('stream socket: a slow reader stops the writer, and only that one', async (t) => {
  const { open } = await sessionPair(t);
  const slow = await open();
  const block = Buffer.alloc(16 * 1024);
  let written = 0;
  // Until the window (64 KiB here) and the buffers at both ends are full.
  while (slow.far.write(block)) written += block.length;
  for (let more = 0; more < 64; more += 1) {
    slow.far.write(block);
    written += block.length;
  }
  written += block.length;
  const other = await open();
  other.far.end('quick');
  t.deepEqual(await readToEnd(other.near), { text: 'quick', how: 'end' });
  t.true(slow.far.writableLength > 0, 'not everything has left');
  t.true(slow.near.readableLength <= 128 * 1024, `${slow.near.readableLength} bytes piled up`);
  slow.far.end();
  const { text: got, how } = await readToEnd(slow.near);
  t.deepEqual([got.length, how], [written, 'end']);
});

test('stream socket: node:http speaks over it, keep-alive and upgrades included', async (t) => {
  const { open } = await sessionPair(t);
  const server = http.createServer(
    (req, res) => void text(req).then((body) => res.end(`${req.url} ${body}`)),
  );
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  class TunnelAgent extends http.Agent {
    override createConnection(_options: object, callback?: (error: Error | null, stream: never) => void) {
      void open().then(({ near, far }) => {
        server.emit('connection', far);
        callback?.(null, near as never);
      });
      return undefined;
    }
  }
  for (const keepAlive of [false, true]) {
    const agent = new TunnelAgent({ keepAlive });
    t.teardown(() => agent.destroy());
    for (const path of ['/one', '/two']) {
      const req = http.request({ agent, path, method: 'POST', headers: { host: 'engine' } });
      req.setNoDelay(true);
      req.end('body');
      const [res] = await once(req, 'response');
      t.is(await text(res), `${path} body`);
    }
    const req = http.request({
      agent,
      path: '/up',
      headers: { host: 'engine', connection: 'Upgrade', upgrade: 'tcp' },
    });
    req.end();
    const [, socket] = await once(req, 'upgrade');
    socket.end('echo');
    t.deepEqual(await readToEnd(socket), { text: 'echo', how: 'end' });
  }
});
