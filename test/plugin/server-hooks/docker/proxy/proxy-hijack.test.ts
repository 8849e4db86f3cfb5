import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import test from 'ava';
import { startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { dialHub, dialTcp, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

test('docker upgrade: a connection hijacked without Upgrade carries stdin and its end', async (t) => {
  const engine = await startEngine(t, (socket, seen) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n'),
    );
    socket.on('end', () => socket.end(`got ${seen().slice(seen().indexOf('\r\n\r\n') + 4)}`));
  });
  for (const plain of [false, true]) {
    const hub = await startHub(t, [engine], { plain });
    const socket = plain ? dialTcp(t, hub) : await dialHub(t, hub);
    socket.write('POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\n\r\n{}');
    const head = await until(socket, '\r\n\r\n');
    t.regex(head, /^HTTP\/1\.1 200 OK\r\n.*^connection: close\r$/ims);
    t.notRegex(head, /transfer-encoding/i);
    const received = readToEnd(socket);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.end('x'.repeat(300_000));
    const { text, ending } = await received;
    t.is(text, `got {}GET / HTTP/1.1\r\n\r\n${'x'.repeat(300_000)}`);
    t.is(ending, 'end');
    await hub.idle();
    t.is(hub.tunnels.opened[0]?.released, 1);
  }
});

test('docker upgrade: after an answer with a length follows the next request, never stdin', async (t) => {
  const engine = await startEngine(
    t,
    answering(
      'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nContent-Length: 2\r\n\r\nok',
    ),
  );
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  for (let n = 1; n <= 2; n++) {
    socket.write('POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\n\r\n{}');
    await until(socket, '\r\n\r\nok');
    t.is(engine.connections, n);
  }
});

test('docker upgrade: attach without Upgrade streams the output', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\none');
    });
  });
  const hub = await startHub(t, [engine]);
  const request = httpsRequest({
    port: hub.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    method: 'POST',
    path: '/1/containers/x/attach?stream=1&stdout=1',
  });
  request.end();
  const [response] = await once(request, 'response');
  t.is(response.headers['content-type'], 'application/vnd.docker.raw-stream');
  t.is(String((await once(response, 'data'))[0]), 'one');
  for (const engineSide of engine.sockets) engineSide.end('two');
  t.is(String((await once(response, 'data'))[0]), 'two');
  await once(response, 'end');
  t.true(response.complete);
});
