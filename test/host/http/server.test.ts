import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type Agent, Agent as HttpsAgent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { LogRecorder } from '../../kit/log-recorder.js';
import { startHost, type TestHost } from '../start-host.js';

/** A TLS connection that stays half open when either side ends. */
async function openTls(t: ExecutionContext, host: TestHost): Promise<TLSSocket> {
  const socket = connectTls(tlsOptions(host));
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

function tlsOptions(host: TestHost) {
  return { port: host.port, host: '127.0.0.1', ca: host.ca, allowHalfOpen: true };
}

async function readToEnd(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

test('server: HTTP/2 and HTTP/1.1 are answered on one port', async (t) => {
  const host = await startHost(t);
  t.deepEqual((await host.call('/healthz')).json(), { status: 'ok', version: '9.9.9', problems: [] });
  const session = connectHttp2(`https://127.0.0.1:${host.port}`, { ca: host.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/healthz' });
  const [headers] = await once(stream, 'response');
  t.is(headers[':status'], 200);
  t.is(session.alpnProtocol, 'h2');
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  t.deepEqual(JSON.parse(text), { status: 'ok', version: '9.9.9', problems: [] });
});

test('server: an upgrade reaches the plugin, which still answers after the client has ended its side', async (t) => {
  const host = await startHost(t);
  const socket = await openTls(t, host);
  socket.end('POST /edge/wc HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello');
  const text = await readToEnd(socket);
  t.regex(text, /^HTTP\/1\.1 101 /);
  t.true(text.endsWith('\r\n\r\n5 bytes'), text);
});

test('server: input that ends later, and is larger than any buffer, is answered as well', async (t) => {
  const host = await startHost(t);
  const socket = await openTls(t, host);
  socket.write('POST /edge/wc HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await once(socket, 'readable');
  socket.end(Buffer.alloc(4 * 1024 * 1024));
  t.true((await readToEnd(socket)).endsWith('\r\n\r\n4194304 bytes'));
});

test('server: an HTTP/2 client that ends its side is disconnected, and its requests are aborted', async (t) => {
  const host = await startHost(t);
  const socket = connectTls({ ...tlsOptions(host), ALPNProtocols: ['h2'] });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
  await once(socket, 'data');
  // With `allowHalfOpen` on the whole server the session would stay, with all that its streams hold.
  socket.end();
  await once(socket, 'close');
  t.pass();
});

test('server: an unknown upgrade is 404, and the connection ends', async (t) => {
  const host = await startHost(t);
  const socket = await openTls(t, host);
  socket.write('GET /elsewhere HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const text = await readToEnd(socket);
  t.regex(text, /^HTTP\/1\.1 404 Not Found\r\n/);
  t.is(JSON.parse(text.split('\r\n\r\n')[1] ?? '').code, 'not-found');
});

test('server: a plugin that throws in an upgrade costs that connection only', async (t) => {
  const host = await startHost(t);
  const socket = await openTls(t, host);
  socket.write('GET /edge/throw HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  t.regex(await readToEnd(socket), /^HTTP\/1\.1 500 .*"code":"internal"/s);
  t.is((await host.call('/healthz')).status, 200);
});

test('server: a plugin that throws in a request gives 500 without the reason', async (t) => {
  const host = await startHost(t);
  const answer = await host.call('/edge/boom', { headers: await host.signIn() });
  t.is(answer.status, 500);
  t.is(answer.json().code, 'internal');
  t.false(answer.text.includes('secret'));
});

test('server: a problem that a plugin did not answer itself gives 500 and a log line, without its text', async (t) => {
  const logger = new LogRecorder();
  const host = await startHost(t, { deps: { logger } });
  const answer = await host.call('/edge/escape', { headers: await host.signIn() });
  t.is(answer.status, 500);
  t.is(answer.json().code, 'internal');
  t.notRegex(answer.text, /secret/);
  const errors = logger.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  t.deepEqual(errors, ['a request failed']);
});

for (const path of ['/grpc', '/session']) {
  test(`server: BuildKit's POST ${path} without an upgrade, or a token for one environment, says what it needs`, async (t) => {
    const host = await startHost(t);
    const plain = await host.call(path, { method: 'POST' });
    t.is(plain.status, 501);
    t.is(plain.headers['content-type'], 'application/json');
    t.is(plain.json().code, 'buildkit-unsupported');
    t.regex(String(plain.json().message), /set DOCKER_BUILDKIT=0/);
    const upgrade = async (authorization: string) => {
      const socket = await openTls(t, host);
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: hub\r\n${authorization}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      );
      const text = await readToEnd(socket);
      return { text, message: JSON.parse(text.split('\r\n\r\n')[1] ?? '').message };
    };
    const { authorization } = await host.signIn();
    const unbound = await upgrade(`Authorization: ${authorization}\r\n`);
    t.regex(unbound.text, /^HTTP\/1\.1 501 /);
    t.regex(unbound.message, /set DOCKER_BUILDKIT=0/);
    t.regex((await upgrade('')).text, /^HTTP\/1\.1 401 /);
  });
}

test('server: a body streams into the plugin, larger than any limit of the host', async (t) => {
  const host = await startHost(t);
  const body = 'x'.repeat(1024 * 1024);
  const answer = await host.call('/edge/upload', { method: 'POST', headers: await host.signIn(), body });
  t.deepEqual(answer.json(), { size: body.length });
});

test('server: requests have no total time limit, and their headers one of a minute', async (t) => {
  const host = await startHost(t);
  const seen = new Promise<{ server: object }>((resolve) => {
    const channel = 'http.server.request.start';
    const listener = (message: unknown) => {
      const { request: req, server } = message as { request: { url: string }; server: object };
      if (req.url === '/healthz?limits') resolve({ server });
    };
    subscribe(channel, listener);
    t.teardown(() => unsubscribe(channel, listener));
  });
  await host.call('/healthz?limits');
  // Given as an option, `requestTimeout` would still be 300000 here, and uploads would end after 5 minutes.
  t.like((await seen).server, { requestTimeout: 0, headersTimeout: 60_000 });
});

test('server: bytes that are not HTTP, aborted handshakes and resets do not stop it', async (t) => {
  const host = await startHost(t);
  const garbled = await openTls(t, host);
  garbled.write('no http at all\r\n\r\n');
  t.regex(await readToEnd(garbled), /^HTTP\/1\.1 400 /);
  const plain = connectTcp(host.port, '127.0.0.1');
  plain.on('error', () => undefined);
  plain.end('GET / HTTP/1.1\r\n\r\n');
  await once(plain, 'close');
  const raw = connectTcp(host.port, '127.0.0.1');
  const upgraded = connectTls({ socket: raw, host: '127.0.0.1', ca: host.ca });
  upgraded.on('error', () => undefined);
  upgraded.write('POST /edge/wc HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  await once(upgraded, 'data');
  raw.resetAndDestroy();
  await once(raw, 'close');
  t.is((await host.call('/healthz')).status, 200);
});

test('server: an unknown address is 404 and a wrong method 405, both as problems', async (t) => {
  const host = await startHost(t);
  const unknown = await host.call('/nothing');
  t.is(unknown.status, 404);
  t.is(unknown.json().code, 'not-found');
  const wrong = await host.call('/api/session', { method: 'PUT' });
  t.is(wrong.status, 405);
  t.is(wrong.json().code, 'method-not-allowed');
  t.is(wrong.headers['content-type'], 'application/problem+json');
  t.deepEqual(wrong.headers.allow?.split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'POST']);
});

test('server: stops immediately with idle connections of both versions open', async (t) => {
  const host = await startHost(t);
  const agent: Agent = new HttpsAgent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const req = request({ port: host.port, host: '127.0.0.1', ca: host.ca, path: '/healthz', agent }).end();
  const [res] = await once(req, 'response');
  res.resume();
  await once(res, 'end');
  const silent = await openTls(t, host);
  const session = connectHttp2(`https://127.0.0.1:${host.port}`, { ca: host.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/healthz' }).resume();
  await once(stream, 'close');
  const ended = Promise.all([once(silent.resume(), 'end'), once(session, 'close')]);
  await host.stop();
  // An orderly end, and not the cut after the grace.
  await t.notThrowsAsync(ended);
});

test('server: stops within the grace of two seconds with an answer that never ends', async (t) => {
  const host = await startHost(t);
  const headers = await host.signIn();
  const req = request({
    port: host.port,
    host: '127.0.0.1',
    ca: host.ca,
    path: '/edge/silent',
    headers,
  }).end();
  const [res] = await once(req, 'response');
  res.resume();
  res.on('error', () => undefined);
  const cut = new Promise((resolve) => res.once('close', resolve));
  const began = performance.now();
  await host.stop();
  t.true(performance.now() - began < 10_000);
  await cut;
  await t.notThrowsAsync(host.stop());
});
