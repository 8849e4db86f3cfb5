import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { pump } from '../../../protocol/tunnel/pump.js';

const CHUNK = Buffer.alloc(64 * 1024);
const TOTAL = 8 * 1024 * 1024;

test('pump: an upload passes whole into an HTTP request, however large its pieces are', async (t) => {
  let received = 0;
  const server = http.createServer((req, res) => {
    req.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    req.on('end', () => res.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const request = http.request({ port, host: '127.0.0.1', method: 'POST', agent: false });
  const source = new PassThrough({ highWaterMark: TOTAL });
  // All of it in one turn: the request is corked while it fills up.
  for (let sent = 0; sent < TOTAL; sent += CHUNK.length) source.write(CHUNK);
  source.end();
  request.write('', 'latin1');
  pump(source, request);
  source.once('end', () => request.end());
  await once(request, 'response');
  t.is(received, TOTAL);
});
