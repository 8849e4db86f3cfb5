import { once } from 'node:events';
import { constants } from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../../protocol/time/clock.js';
import { BulkPipe, type ConnectionState } from '../../../protocol/tunnel/bulk-pipe.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { END_STREAM, rawPeer, readToEnd, sessionPair } from './stream-pair.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_CANCEL } = constants;

/** Both ends of a TCP connection. */
async function connect(t: ExecutionContext): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  const accepted = once(server, 'connection');
  await once(server, 'listening');
  const near = net.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1' });
  const [far] = (await accepted) as [net.Socket];
  server.close();
  for (const socket of [near, far]) {
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
  }
  return [near, far];
}

/** A pipe whose peer is made by hand: `data` and `reset` of its stream, and the other end of its connection. */
async function pipeToRawPeer(t: ExecutionContext, restMs?: number) {
  const [connection, far] = await connect(t);
  const peer = await rawPeer(t);
  const states: ConnectionState[] = [];
  const clock = new FakeClock();
  const pipe = new BulkPipe({
    control: peer.socket,
    connection,
    onRelease: (state) => states.push(state),
    clock,
    ...(restMs !== undefined && { restMs }),
  });
  // The end of the test is one of the tunnel, which is an error for what is still open.
  pipe.on('error', () => undefined);
  return { ...peer, pipe, far, connection, states, clock };
}

/** Resolves once a stream is closed, after an error as well. */
function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => stream.once('close', () => resolve()));
}

test('bulk pipe: each side ends separately, the other continues, and the connection carries the next pipe', async (t) => {
  const { open } = await sessionPair(t);
  const [a, b] = await connect(t);
  for (const flip of [false, true, false]) {
    const { near, far } = await open();
    const states: ConnectionState[] = [];
    const onRelease = (state: ConnectionState) => states.push(state);
    const ends = [
      new BulkPipe({ control: near, connection: a, onRelease, clock: systemClock }),
      new BulkPipe({ control: far, connection: b, onRelease, clock: systemClock }),
    ] as const;
    const [early, late] = flip ? [ends[1], ends[0]] : ends;
    const received = readToEnd(early);
    early.end('question');
    t.deepEqual(await readToEnd(late), { text: 'question', how: 'end' });
    late.write('a slow ');
    late.end('answer');
    t.deepEqual(await received, { text: 'a slow answer', how: 'end' });
    await Promise.all(ends.map((pipe) => pipe.closed || once(pipe, 'close')));
    t.deepEqual(states, ['reusable', 'reusable']);
  }
});

test('bulk pipe: an end waits for the bytes that it counts', async (t) => {
  const { pipe, far, data } = await pipeToRawPeer(t);
  const received = readToEnd(pipe);
  data('10\n');
  far.write('01234');
  await once(pipe, 'data');
  far.write('56789');
  t.deepEqual(await received, { text: '0123456789', how: 'end' });
});

test('bulk pipe: a connection that ends before all counted bytes is an error, never an end', async (t) => {
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const { pipe, far, data, states } = await pipeToRawPeer(t);
    const received = readToEnd(pipe);
    data('10\n');
    far.write('01234');
    await once(pipe, 'data');
    far[end]();
    t.deepEqual(await received, { text: '01234', how: 'stream-reset' });
    t.deepEqual(states, ['broken']);
  }
});

for (const end of ['end', 'resetAndDestroy'] as const) {
  test(`bulk pipe: a connection that ends without a count is an error (${end})`, async (t) => {
    const { pipe, far, states } = await pipeToRawPeer(t);
    const received = readToEnd(pipe);
    far.write('half an ans');
    await once(pipe, 'data');
    far[end]();
    t.deepEqual(await received, { text: 'half an ans', how: 'stream-reset' });
    t.deepEqual(states, ['broken']);
  });
}

for (const [name, code] of [
  ['NO_ERROR', NGHTTP2_NO_ERROR],
  ['CANCEL', NGHTTP2_CANCEL],
] as const) {
  test(`bulk pipe: a reset with ${name} is an error before the count, and loses nothing after it`, async (t) => {
    const cut = await pipeToRawPeer(t);
    const received = readToEnd(cut.pipe);
    cut.far.write('half an ans');
    await once(cut.pipe, 'data');
    const reset = closed(cut.socket);
    cut.reset(code);
    await reset;
    cut.far.end('wer');
    t.deepEqual(await received, { text: 'half an answer', how: 'stream-reset' });
    t.deepEqual(cut.states, ['broken']);

    const whole = await pipeToRawPeer(t);
    const answer = readToEnd(whole.pipe);
    const left = closed(whole.socket);
    whole.data('12\n');
    whole.reset(code);
    await left;
    whole.far.write('a whole one.');
    t.deepEqual(await answer, { text: 'a whole one.', how: 'end' });
    if (!whole.pipe.closed) await once(whole.pipe, 'close');
    t.deepEqual(whole.states, ['broken'], 'what we sent was not read');
  });
}

test('bulk pipe: bytes that were sent before a reset may take 5 s', async (t) => {
  const { pipe, cut, socket, clock } = await pipeToRawPeer(t);
  const received = readToEnd(pipe);
  const lost = closed(socket);
  cut();
  await lost;
  clock.advance(4_999);
  t.false(pipe.destroyed);
  clock.advance(1);
  t.deepEqual(await received, { text: '', how: 'stream-reset' });
});

test('bulk pipe: a peer that has sent everything and reads no more gets no reset, and the rest of our output is dropped', async (t) => {
  const { pipe, far, data, socket, connection, states } = await pipeToRawPeer(t);
  const received = readToEnd(pipe);
  pipe.write('half an upload');
  const ended = once(socket, 'end');
  data('9\n', END_STREAM);
  await ended;
  // The tunnel may be faster than the connection.
  far.write('too large');
  t.deepEqual(await received, { text: 'too large', how: 'end' });
  if (!pipe.closed) await once(pipe, 'close');
  t.deepEqual(states, ['broken']);
  t.true(socket.writableEnded);
  t.is(socket.errored, null);
  t.false(connection.writableEnded);
});

test('bulk pipe: one whose further input is unwanted sends its count, and does not end the connection', async (t) => {
  const { open } = await sessionPair(t);
  const [connection] = await connect(t);
  const { near, far } = await open();
  const states: ConnectionState[] = [];
  const pipe = new BulkPipe({
    control: near,
    connection,
    onRelease: (state) => states.push(state),
    clock: systemClock,
  });
  pipe.end('too large');
  await once(pipe, 'finish');
  pipe.destroy();
  t.deepEqual(await readToEnd(far), { text: '9\n', how: 'end' });
  t.deepEqual(states, ['finished']);
  t.false(connection.writableEnded || connection.destroyed);
});

test('bulk pipe: a count that is none, or too low, is an error', async (t) => {
  for (const count of ['', '-1', '1e9', '0x10', '1', '12345678901234567', '5\n6']) {
    const { pipe, far, data, states } = await pipeToRawPeer(t);
    far.write('01234');
    pipe.resume();
    await once(pipe, 'data');
    const failed = t.throwsAsync(once(pipe, 'end'), { code: 'stream-reset' }, count);
    data(`${count}\n`);
    await failed;
    t.deepEqual(states, ['broken'], count);
  }
});

test('bulk pipe: bytes beyond the count are an error', async (t) => {
  const { pipe, far, data } = await pipeToRawPeer(t);
  const failed = t.throwsAsync(once(pipe, 'end'), { code: 'stream-reset' });
  pipe.resume();
  data('10\n');
  far.write('0123456789 and more');
  await failed;
});

test('bulk pipe: one that is destroyed resets its connection', async (t) => {
  const { pipe, states } = await pipeToRawPeer(t);
  pipe.write('half a quest');
  pipe.destroy();
  t.deepEqual(states, ['broken']);
});

test('bulk pipe: stops reading the connection when nobody reads the pipe', async (t) => {
  const { pipe, far, connection } = await pipeToRawPeer(t);
  far.write(Buffer.alloc(64 * 1024 * 1024));
  pipe.read(0);
  await once(connection, 'pause');
  t.true(pipe.readableLength <= 512 * 1024);
  await new Promise(setImmediate);
  t.true(connection.isPaused());
  t.true(far.writableLength > 0);
});

test('bulk pipe: an abort leaves no timer behind', async (t) => {
  const { pipe, clock, states } = await pipeToRawPeer(t);
  pipe.resume();
  pipe.destroy(new Error('The client is gone'));
  await closed(pipe);
  await turn();
  t.deepEqual(states, ['broken']);
  t.is(clock.pending, 0);
});

test('bulk pipe: the rest that nobody reads has its time once the peer reads no more', async (t) => {
  const { pipe, far, data, clock } = await pipeToRawPeer(t, 10_000);
  const bytes = Buffer.alloc(1024 * 1024);
  pipe.read(0);
  far.write(bytes);
  data(`${bytes.length}\n`, END_STREAM);
  while (clock.pending === 0) await turn();
  clock.advance(9_999);
  t.false(pipe.destroyed);
  clock.advance(1);
  t.true(pipe.destroyed);
});
