import test from 'ava';
import { left, startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { untilTrue } from '../../../../kit/until.js';
import { ask, ask2, connectHttp2, dialHub, readStreamToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

test('docker proxy: a cut upload never appears complete to the engine', async (t) => {
  const engine = await startEngine(t, () => undefined);
  const hub = await startHub(t, [engine]);
  const head = 'POST /1/images/load HTTP/1.1\r\nHost: hub\r\n';
  for (const request of [
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    `${head}Content-Length: 100\r\n\r\nhello`,
  ]) {
    const before = engine.bytes().length;
    const socket = await dialHub(t, hub);
    socket.write(request);
    await untilTrue('the body at the engine', () => engine.bytes().slice(before).includes('hello'), {
      everyMs: 1,
    });
    const [engineSide] = engine.sockets;
    socket.destroy();
    await left(engineSide);
  }
  const before = engine.bytes().length;
  const stream = connectHttp2(t, hub).request({ ':path': '/1/images/load', ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('hello');
  await untilTrue('the body at the engine', () => engine.bytes().slice(before).includes('hello'), {
    everyMs: 1,
  });
  const [engineSide] = engine.sockets;
  stream.close(8);
  await left(engineSide);
  await hub.idle();
  t.is(engine.connections, 3);
  t.notRegex(engine.bytes(), /\r\n0\r\n/);
});

test('docker proxy: an upload over HTTP/2 is chunked, or keeps its length', async (t) => {
  const engine = await startEngine(t, (socket, seen) => {
    socket.on('data', () => {
      if (/\r\n0\r\n\r\n$|\r\n\r\nhello$/.test(seen())) socket.end(OK);
    });
  });
  const hub = await startHub(t, [engine]);
  const session = connectHttp2(t, hub);
  const chunked = session.request({ ':path': '/1/build', ':method': 'POST' });
  chunked.write('hel');
  chunked.end('lo');
  t.is((await readStreamToEnd(chunked)).body.toString(), '{}');
  const sized = session.request({ ':path': '/1/build', ':method': 'POST', 'content-length': 5 });
  sized.end('hello');
  t.is((await readStreamToEnd(sized)).body.toString(), '{}');
  t.regex(engine.bytes(), /transfer-encoding: chunked/);
  t.regex(engine.bytes(), /content-length: 5/);
});

test('docker proxy: an upload over HTTP/2 gets its empty answer, and its connection serves the next call', async (t) => {
  const empty = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  const engine = await startEngine(t, answering(empty, 'keep'));
  const hub = await startHub(t, [engine]);
  const session = connectHttp2(t, hub);
  for (let i = 0; i < 3; i++) {
    const stream = session.request({ ':path': '/1/nodes/x/update', ':method': 'POST' });
    stream.end('{}');
    const { status, body, ending } = await readStreamToEnd(stream);
    t.deepEqual([status, body.length, ending], [200, 0, 'end']);
  }
});

test('docker proxy: an engine may answer before the upload is over', async (t) => {
  const engine = await startEngine(
    t,
    answering(
      'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
      'keep',
    ),
  );
  const hub = await startHub(t, [engine]);
  const stream = connectHttp2(t, hub).request({ ':path': '/1/build', ':method': 'POST' });
  stream.write('a part');
  const { status, body, ending } = await readStreamToEnd(stream);
  t.is(status, 400);
  t.is(body.toString(), '{}');
  t.is(ending, 'end');
  const socket = await dialHub(t, hub);
  socket.write('POST /1/build HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  t.regex(await until(socket, '\r\n\r\n{}'), /^HTTP\/1\.1 400 /);
  socket.write('0\r\n\r\nGET /1/info HTTP/1.1\r\nHost: hub\r\n\r\n');
  t.regex(await until(socket, '\r\n\r\n{}'), /^HTTP\/1\.1 400 /);
  await hub.idle();
  t.true(hub.tunnels.opened.every((call) => call.released === 1));
});

test('docker proxy: a POST without a body has Content-Length 0 at the engine', async (t) => {
  const engine = await startEngine(t, answering('HTTP/1.1 204 No Content\r\n\r\n'));
  const hub = await startHub(t, [engine]);
  await ask2(t, hub, '/1/containers/x/start', { ':method': 'POST' });
  t.regex(engine.bytes(), /content-length: 0/);
  t.notRegex(engine.bytes(), /chunked/);
});

test('docker proxy: a body that the host has already read is reported as such', async (t) => {
  const engine = await startEngine(t, answering(OK));
  const hub = await startHub(t, [engine], { consumeBodies: true });
  const { text } = await ask(
    t,
    hub,
    'POST /1/containers/create HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
  );
  t.regex(text, /^HTTP\/1\.1 500 .*host-consumed-body/s);
  t.is(engine.connections, 0);
});
