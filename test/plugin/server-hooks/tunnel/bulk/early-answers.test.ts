import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { BulkPipe } from '../../../../../protocol/tunnel/bulk-pipe.js';
import { keepReading } from '../../../../../protocol/tunnel/keep-reading.js';
import { startEngine } from '../../../../kit/engine/double.js';
import { localTunnel } from '../../../../kit/tunnel/local-tunnel.js';

const UPLOAD = Buffer.alloc(2 * 1024 * 1024);
const ROUNDS = 6;

/** Uploads, and resolves to status and length of the answer, or to the code of the error. */
function upload(pipe: Duplex): Promise<string> {
  return new Promise((resolve) => {
    const request = http.request({ method: 'POST', path: '/images/load', createConnection: () => pipe });
    request.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    request.once('response', async (response) => {
      const answer = await buffer(response).catch(() => null);
      pipe.destroy();
      resolve(answer === null ? 'aborted' : `${response.statusCode} ${answer.length}`);
    });
    request.end(UPLOAD);
  });
}

function answer(socket: net.Socket, bytes: number): void {
  socket.write(`HTTP/1.1 413 Too large\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes));
}

const MANY = 3 * 1024 * 1024;

for (const [name, afterBytes, size, leave] of [
  ['closes', 0, 20, (socket) => socket.end(() => socket.destroy())],
  ['closes in the middle of the upload', 512 * 1024, 20, (socket) => socket.end(() => socket.destroy())],
  ['ends its output and reads on', 0, 20, (socket) => socket.end()],
  ['closes, with an answer larger than all buffers', 0, MANY, (socket) => socket.end(() => socket.destroy())],
] satisfies [string, number, number, (socket: net.Socket) => void][]) {
  test(`bulk uploads: an early answer arrives when the engine ${name}`, async (t) => {
    const engine = await startEngine(
      t,
      (socket) => {
        let received = 0;
        socket.on('data', (chunk: Buffer) => {
          const before = received;
          received += chunk.length;
          if (before > afterBytes || received <= afterBytes) return;
          answer(socket, size);
          leave(socket);
        });
      },
      'forget',
    );
    const { tunnel } = await localTunnel(t, { dialEngine: async () => keepReading(await engine.dial()) });
    const seen = new Map<string, number>();
    let carried = 0;
    const rounds = size === MANY ? 2 : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      const answers = Array.from({ length: 8 }, async () => {
        const pipe = await tunnel.dial('bulk');
        pipe.on('error', () => undefined);
        if (pipe instanceof BulkPipe) carried += 1;
        return upload(pipe);
      });
      for (const one of await Promise.all(answers)) seen.set(one, (seen.get(one) ?? 0) + 1);
    }
    t.deepEqual(seen, new Map([[`413 ${size}`, rounds * 8]]));
    t.true(carried > 0);
  });
}

test('bulk uploads: an engine that breaks off its early answer is an error, never an end', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 Too large\r\nContent-Length: 10\r\n\r\n01234', () => socket.destroy());
    });
  });
  const { tunnel } = await localTunnel(t, { dialEngine: async () => keepReading(await engine.dial()) });
  for (let round = 0; round < ROUNDS; round++) {
    const pipe = await tunnel.dial('bulk');
    pipe.on('error', () => undefined);
    t.true(['aborted', 'stream-reset', 'ECONNRESET'].includes(await upload(pipe)));
    if (!pipe.closed) await once(pipe, 'close');
  }
});
