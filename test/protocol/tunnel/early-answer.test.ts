import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { keepReading } from '../../../protocol/tunnel/keep-reading.js';
import { rawPeer, readToEnd } from './stream-pair.js';

const MEGABYTES = Buffer.alloc(8 * 1024 * 1024);

test('early answer: a peer that has not ended is cut, whatever it sent', async (t) => {
  const { socket, data, reset } = await rawPeer(t);
  socket.write(MEGABYTES);
  data('40');
  reset(8);
  t.is((await readToEnd(socket)).how, 'stream-reset');
});

test('early answer: an answer before the engine hangs up is read though writing to it fails', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'early-answer-'));
  const listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (engine) => {
    engine.on('error', () => undefined);
    // Closed with input unread: each further write fails.
    engine.end('404', () => engine.destroy());
  });
  listener.listen(join(folder, 'engine.sock'));
  await once(listener, 'listening');
  t.teardown(async () => {
    listener.close();
    await rm(folder, { recursive: true, force: true });
  });
  const accepted = once(listener, 'connection');
  const socket = keepReading(net.connect({ path: join(folder, 'engine.sock'), allowHalfOpen: true }));
  socket.on('error', () => undefined);
  const [engine] = (await accepted) as [net.Socket];
  socket.write(MEGABYTES);
  await once(engine, 'close');
  // Fails, and the reader starts after that.
  await new Promise((resolve) => socket.write('more', resolve));
  // Whether Linux reports the reset to the write or to the last read differs with the order of the two.
  t.is((await readToEnd(socket)).text, '404');
  if (!socket.destroyed) await once(socket, 'close');
});
