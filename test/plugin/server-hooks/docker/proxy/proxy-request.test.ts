import { once } from 'node:events';
import test from 'ava';
import { left, startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { untilTrue } from '../../../../kit/until.js';
import { ask, ask2, connectHttp2, dialHub, readStreamToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

test('docker proxy: passes path, query and the engine’s answer unchanged', async (t) => {
  const engine = await startEngine(t, answering(OK));
  const hub = await startHub(t, [engine]);
  const path = '/v1.43/containers/json?filters=%7B%22name%22%3A%5B%22..%2Fa%22%5D%7D&x=%0a';
  const { text } = await ask(t, hub, `GET /1${path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`);
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/);
  t.true(text.endsWith('\r\n\r\n{}'));
  t.true(engine.bytes().startsWith(`GET ${path} HTTP/1.1\r\n`));
  await hub.idle();
  t.deepEqual(
    hub.tunnels.opened.map((call) => call.released),
    [1],
  );
});

test('docker proxy: bytes above 127 reach the engine unchanged', async (t) => {
  const engine = await startEngine(t, answering(OK));
  const hub = await startHub(t, [engine]);
  // HTTP/1.1 requests with such a target are refused by Node's parser.
  const path = Buffer.from('/containers/é/archive?path=/ö').toString('latin1');
  const stream = connectHttp2(t, hub).request({ ':path': `/1${path}`, ':method': 'PUT' });
  stream.end('{}');
  t.is((await readStreamToEnd(stream)).status, 200);
  t.true(engine.bytes().startsWith(`PUT ${path} HTTP/1.1\r\n`), engine.bytes());
  const socket = await dialHub(t, hub);
  const head = 'PUT /1/x HTTP/1.1\r\nHost: hub\r\nUser-Agent: \xc3\xa9\r\nContent-Length: 2\r\n\r\n';
  socket.write(`${head}{}`, 'latin1');
  await until(socket, '\r\n\r\n{}');
  t.regex(engine.bytes(), /\r\nuser-agent: \xc3\xa9\r\n/);
});

test('docker proxy: sends the head immediately, before the first byte of a body', async (t) => {
  const engine = await startEngine(
    t,
    answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'keep'),
  );
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write('GET /1/events HTTP/1.1\r\nHost: hub\r\n\r\n');
  t.regex(await until(socket, '\r\n\r\n'), /^HTTP\/1\.1 200 OK/);
  const stream = connectHttp2(t, hub).request({ ':path': '/1/events' });
  const [headers] = await once(stream, 'response');
  t.is(headers[':status'], 200);
});

test('docker proxy: each piece of a stream arrives as it is sent', async (t) => {
  const engine = await startEngine(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n', 'keep'),
  );
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write('GET /1/containers/x/logs?follow=1 HTTP/1.1\r\nHost: hub\r\n\r\n');
  await until(socket, '\r\n\r\n');
  for (const line of ['one', 'two', 'three']) {
    const arrived = until(socket, line);
    for (const engineSide of engine.sockets) engineSide.write(line);
    t.true((await arrived).includes(line));
  }
});

test('docker proxy: a client that disconnects ends the engine side immediately, over HTTP/1.1 and HTTP/2', async (t) => {
  const engine = await startEngine(
    t,
    answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'keep'),
  );
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write('GET /1/events HTTP/1.1\r\nHost: hub\r\n\r\n');
  await until(socket, '\r\n\r\n');
  const [first] = engine.sockets;
  socket.destroy();
  await left(first);
  const stream = connectHttp2(t, hub).request({ ':path': '/1/events' });
  await once(stream, 'response');
  const [second] = engine.sockets;
  stream.close(8);
  await left(second);
  await hub.idle();
  t.is(engine.connections, 2);
  t.deepEqual(
    hub.tunnels.opened.map((call) => call.released),
    [1, 1],
  );
});

test('docker proxy: a client that disconnects before the answer ends the engine side too', async (t) => {
  const engine = await startEngine(t, () => undefined);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write('POST /1/containers/x/wait HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n');
  await untilTrue('a request at the engine', () => engine.bytes() !== '', { everyMs: 1 });
  const [engineSide] = engine.sockets;
  socket.destroy();
  await left(engineSide);
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

test('docker proxy: a connection that the engine leaves open is ended by the hub', async (t) => {
  const engine = await startEngine(t, answering(OK, 'keep'));
  const hub = await startHub(t, [engine]);
  await ask2(t, hub, '/1/info');
  const [engineSide] = engine.sockets;
  await left(engineSide);
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.pipes[0]?.destroyed, false);
  hub.clock.advance(5_000);
  t.true(hub.tunnels.opened[0]?.pipes[0]?.destroyed);
});

const REFUSED = [
  ['PATCH /1/info HTTP/1.1', 'bearer', 405, 'method-not-allowed'],
  ['TRACE /1/info HTTP/1.1', 'bearer', 405, 'method-not-allowed'],
  ['GET /1/containers/../info HTTP/1.1', 'bearer', 400, 'bad-docker-path'],
  ['GET /1 HTTP/1.1', 'bearer', 400, 'bad-docker-path'],
  ['POST /1/build?version=2&session=a HTTP/1.1', 'bearer', 501, 'buildkit-unsupported'],
  ['GET /1/containers/x/attach/ws HTTP/1.1', 'cookie', 403, 'attach-ws-refused'],
  ['GET /1/containers/x/%61ttach/ws HTTP/1.1', 'cookie', 403, 'attach-ws-refused'],
  ['GET /7/info HTTP/1.1', 'bearer', 404, 'environment-not-found'],
] as const;
for (const [line, via, status, code] of REFUSED) {
  test(`docker proxy: ${line} over ${via} is ${status} ${code}`, async (t) => {
    const engine = await startEngine(t, answering(OK));
    const hub = await startHub(t, [engine], { via });
    const { text } = await ask(t, hub, `${line}\r\nHost: hub\r\nConnection: close\r\n\r\n`);
    t.regex(text, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.regex(text, /^content-type: application\/json\r$/m);
    const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n')));
    t.like(body, { status, code });
    t.is(typeof body.message, 'string');
    if (code === 'buildkit-unsupported') t.regex(body.message, /DOCKER_BUILDKIT=0/);
    t.is(engine.connections, 0);
  });
}

test('docker proxy: an engine that cannot be dialled gives the tunnel’s error', async (t) => {
  const hub = await startHub(t, [{ socketPath: '/nowhere/docker.sock' }]);
  const { status, body } = await ask2(t, hub, '/1/info');
  t.is(status, 502);
  t.is(JSON.parse(body.toString()).code, 'engine-unreachable');
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

test('docker proxy: many calls on one connection leave no listeners on it', async (t) => {
  const engine = await startEngine(t, answering(OK));
  const hub = await startHub(t, [engine]);
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const socket = await dialHub(t, hub);
  const session = connectHttp2(t, hub);
  for (let n = 0; n < 30; n++) {
    socket.write('GET /1/info HTTP/1.1\r\nHost: hub\r\n\r\n');
    await until(socket, '\r\n\r\n{}');
    await readStreamToEnd(session.request({ ':path': '/1/info' }));
  }
  t.deepEqual(warnings, []);
});

test('docker proxy: 50 concurrent calls never mix two environments', async (t) => {
  const serverNamed = (name: string) =>
    startEngine(t, (socket, seen) => {
      socket.once('data', () => {
        const path = seen().split(' ')[1];
        const body = `${name}${path}`;
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    });
  const hub = await startHub(t, [await serverNamed('red'), await serverNamed('blue')]);
  const session = connectHttp2(t, hub);
  const calls = Array.from({ length: 50 }, async (_, n) => {
    const environment = (n % 2) + 1;
    const want = `${environment === 1 ? 'red' : 'blue'}/${n}`;
    const { body } = await readStreamToEnd(session.request({ ':path': `/${environment}/${n}` }));
    t.is(body.toString(), want);
    const text = await ask(
      t,
      hub,
      `GET /${environment}/${n} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`,
    );
    t.true(text.text.endsWith(`\r\n\r\n${want}`));
  });
  await Promise.all(calls);
  t.true(hub.tunnels.opened.length === 100 && hub.tunnels.opened.every((call) => call.released === 1));
});
