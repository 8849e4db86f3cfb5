import { once } from 'node:events';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';

/** Two TCP connections joined in the middle: what is written to `left` arrives at `right` and back. */
async function joined(t: ExecutionContext) {
  const a = await pair(t);
  const b = await pair(t);
  return { left: a.outer, right: b.outer, inner: [a.inner, b.inner], done: joinStreams(a.inner, b.inner) };
}

async function pair(t: ExecutionContext) {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const { port } = server.address() as net.AddressInfo;
  const outer = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [inner] = (await accepted) as [net.Socket];
  server.close();
  outer.on('error', () => undefined);
  t.teardown(() => {
    outer.destroy();
    inner.destroy();
  });
  return { outer, inner };
}

async function readToEnd(socket: net.Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => parts.push(chunk));
  let reset = false;
  socket.on('error', () => {
    reset = true;
  });
  await new Promise<void>((resolve) => {
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
  });
  return `${Buffer.concat(parts)}${reset ? ' reset' : ' end'}`;
}

test('join streams: one side may end while the other continues, in both directions', async (t) => {
  for (const flip of [false, true]) {
    const { left, right, done } = await joined(t);
    const [early, late] = flip ? [right, left] : [left, right];
    const receivedEarly = readToEnd(early);
    early.end('question');
    t.is(await readToEnd(late), 'question end');
    late.write('a slow ');
    await setImmediate();
    late.end('answer');
    t.is(await receivedEarly, 'a slow answer end');
    t.is(await done, undefined);
  }
});

test('join streams: a reset on one side is a reset on the other, in both directions', async (t) => {
  for (const flip of [false, true]) {
    const { left, right, done } = await joined(t);
    const [broken, other] = flip ? [right, left] : [left, right];
    other.write('x');
    await once(broken, 'data');
    const received = readToEnd(other);
    broken.resetAndDestroy();
    t.is(await received, ' reset');
    t.true((await done) instanceof Error);
  }
});

test('join streams: a side destroyed without an error is a reset as well', async (t) => {
  const { left, inner, done } = await joined(t);
  const received = readToEnd(left);
  inner[1]?.destroy();
  t.is(await received, ' reset');
  t.true((await done) instanceof Error);
});

test('join streams: a side that breaks after its end leaves the other a regular end', async (t) => {
  const { left, right, inner, done } = await joined(t);
  const size = 8_000_000;
  right.end(Buffer.alloc(size));
  inner[1]?.once('end', () => inner[1]?.destroy(new Error('lost')));
  let got = 0;
  left.on('data', (chunk: Buffer) => {
    got += chunk.length;
  });
  await once(left, 'end');
  t.is(got, size);
  if (!left.destroyed) left.end();
  t.is(await done, undefined);
});

test('join streams: a slow reader stalls only its own direction, and nothing is buffered', async (t) => {
  const { left, right, inner, done } = await joined(t);
  const big = Buffer.alloc(64 * 1024);
  let taken = true;
  while (taken || right.writableLength === 0) {
    taken = right.write(big);
    // Until the kernel's buffers are full, too.
    for (let turn = 0; turn < 20 && right.writableLength > 0; turn++) await setImmediate();
  }
  t.true((inner[0]?.writableLength ?? 0) <= 512 * 1024);
  const received = readToEnd(right);
  left.end('still flows');
  t.is(await received, 'still flows end');
  left.resume();
  right.end();
  await once(left, 'end');
  t.is(await done, undefined);
});

test('join streams: leaves no socket open', async (t) => {
  const { left, right, inner, done } = await joined(t);
  left.resume();
  right.resume();
  left.end();
  right.end();
  t.is(await done, undefined);
  t.true(inner.every((socket) => socket.destroyed));
});

test('join streams: accepts a stream that has already ended or broken', async (t) => {
  const a = await pair(t);
  const b = await pair(t);
  a.inner.destroy();
  const received = readToEnd(b.outer);
  t.true((await joinStreams(a.inner, b.inner)) instanceof Error);
  t.is(await received, ' reset');

  const c = await pair(t);
  const d = await pair(t);
  c.inner.resume();
  c.outer.end();
  await once(c.inner, 'end');
  const ended = readToEnd(d.outer);
  const done = joinStreams(c.inner, d.inner);
  t.is(await ended, ' end');
  c.outer.resume();
  d.outer.end();
  t.is(await done, undefined);
});
