import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import {
  answering,
  ask,
  ask2,
  connectHttp2,
  dialHub,
  hear2,
  left,
  startEngine,
  startHub,
  until,
} from './fixture.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

test('docker proxy: sends path and query as they came, and gives back what the engine says', async (t) => {
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

test('docker proxy: shows the head at once, before the first byte of a body', async (t) => {
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

test('docker proxy: a client that leaves ends the engine side at once, by both versions', async (t) => {
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

test('docker proxy: a client that leaves before the answer ends the engine side too', async (t) => {
  const engine = await startEngine(t, () => undefined);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write('POST /1/containers/x/wait HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n');
  while (engine.bytes() === '') await setImmediate();
  const [engineSide] = engine.sockets;
  socket.destroy();
  await left(engineSide);
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

test('docker proxy: a cut upload never looks whole to the engine', async (t) => {
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
    while (!engine.bytes().slice(before).includes('hello')) await setImmediate();
    const [engineSide] = engine.sockets;
    socket.destroy();
    await left(engineSide);
  }
  const before = engine.bytes().length;
  const stream = connectHttp2(t, hub).request({ ':path': '/1/images/load', ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('hello');
  while (!engine.bytes().slice(before).includes('hello')) await setImmediate();
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
  t.is((await hear2(chunked)).body.toString(), '{}');
  const sized = session.request({ ':path': '/1/build', ':method': 'POST', 'content-length': 5 });
  sized.end('hello');
  t.is((await hear2(sized)).body.toString(), '{}');
  t.regex(engine.bytes(), /transfer-encoding: chunked/);
  t.regex(engine.bytes(), /content-length: 5/);
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
  const { status, body, ending } = await hear2(stream);
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

test('docker proxy: a POST without a body says so to the engine', async (t) => {
  const engine = await startEngine(t, answering('HTTP/1.1 204 No Content\r\n\r\n'));
  const hub = await startHub(t, [engine]);
  await ask2(t, hub, '/1/containers/x/start', { ':method': 'POST' });
  t.regex(engine.bytes(), /content-length: 0/);
  t.notRegex(engine.bytes(), /chunked/);
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
  ['OPTIONS /1/info HTTP/1.1', 'bearer', 405, 'method-not-allowed'],
  ['GET /1/containers/../info HTTP/1.1', 'bearer', 400, 'bad-docker-path'],
  ['GET /1 HTTP/1.1', 'bearer', 400, 'bad-docker-path'],
  ['POST /1/session HTTP/1.1', 'bearer', 501, 'buildkit-unsupported'],
  ['POST /1/v1.43/grpc HTTP/1.1', 'bearer', 501, 'buildkit-unsupported'],
  ['GET /1/containers/x/attach/ws HTTP/1.1', 'cookie', 403, 'attach-ws-refused'],
  ['GET /1/containers/x/%61ttach/ws HTTP/1.1', 'cookie', 403, 'attach-ws-refused'],
  ['GET /7/info HTTP/1.1', 'bearer', 404, 'environment-not-found'],
] as const;
for (const [line, via, status, code] of REFUSED) {
  test(`docker proxy: ${line} by ${via} is ${status} ${code}`, async (t) => {
    const engine = await startEngine(t, answering(OK));
    const hub = await startHub(t, [engine], via);
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

test('docker proxy: an engine that cannot be dialled is the tunnel error', async (t) => {
  const hub = await startHub(t, [{ path: '/nowhere/docker.sock' }]);
  const { status, body } = await ask2(t, hub, '/1/info');
  t.is(status, 502);
  t.is(JSON.parse(body.toString()).code, 'engine-unreachable');
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

test('docker proxy: many calls on one connection leave nothing behind on it', async (t) => {
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
    await hear2(session.request({ ':path': '/1/info' }));
  }
  t.deepEqual(warnings, []);
});

test('docker proxy: 50 calls side by side never mix two environments', async (t) => {
  const tell = (name: string) =>
    startEngine(t, (socket, seen) => {
      socket.once('data', () => {
        const path = seen().split(' ')[1];
        const body = `${name}${path}`;
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    });
  const hub = await startHub(t, [await tell('red'), await tell('blue')]);
  const session = connectHttp2(t, hub);
  const calls = Array.from({ length: 50 }, async (_, n) => {
    const environment = (n % 2) + 1;
    const want = `${environment === 1 ? 'red' : 'blue'}/${n}`;
    const { body } = await hear2(session.request({ ':path': `/${environment}/${n}` }));
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

test('docker proxy: a body that the host has read is named as such', async (t) => {
  const engine = await startEngine(t, answering(OK));
  const hub = await startHub(t, [engine], 'bearer', { consumeBodies: true });
  const { text } = await ask(
    t,
    hub,
    'POST /1/containers/create HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
  );
  t.regex(text, /^HTTP\/1\.1 500 .*host-consumed-body/s);
  t.is(engine.connections, 0);
});
