import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import WebSocket from 'ws';
import { TUNNEL_PATH } from '../../../../../protocol/messages/agent-calls.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { ServerSockets } from '../../../../kit/fault/server-sockets.js';
import { startPlugin, type TestPlugin } from '../../../../kit/hub/plugin.js';
import { untilTrue } from '../../../../kit/until.js';

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
/** Past each deadline of an unproven connection. */
const LATE_MS = 30_000;

function portOf({ url }: TestPlugin): number {
  return Number(new URL(url).port);
}

/** Sends an upgrade request; resolves to the socket and the answer's head. */
async function ask(
  t: ExecutionContext,
  hub: TestPlugin,
  headers: object,
  { method = 'GET', last = Buffer.alloc(0) } = {},
) {
  const socket = net.connect(portOf(hub), '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  const lines = Object.entries({ host: 'hub', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} /edge${TUNNEL_PATH} HTTP/1.1\r\n${lines.join('')}\r\n`);
  if (last.length > 0) socket.end(last);
  const [head] = (await once(socket, 'data')) as [Buffer];
  return { socket, head: head.toString('latin1') };
}

async function open(t: ExecutionContext, hub: TestPlugin): Promise<WebSocket> {
  const ws = new WebSocket(`${hub.url.replace('http', 'ws')}${TUNNEL_PATH}`);
  ws.on('error', () => undefined);
  t.teardown(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

test('tunnel by the API: a handshake is answered as RFC 6455 says, without compression', async (t) => {
  const hub = await startPlugin(t);
  const { head } = await ask(t, hub, { ...HANDSHAKE, 'sec-websocket-extensions': 'permessage-deflate' });
  t.regex(head, /^HTTP\/1\.1 101 /);
  t.regex(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  t.notRegex(head, /extensions/i);
});

const REFUSED: Readonly<Record<string, [headers: object, status: number]>> = {
  'a browser, which names its page': [{ ...HANDSHAKE, origin: 'http://hub' }, 403],
  'another version': [{ ...HANDSHAKE, 'sec-websocket-version': '8' }, 400],
  'no key': [{ ...HANDSHAKE, 'sec-websocket-key': '' }, 400],
  'another protocol': [{ ...HANDSHAKE, upgrade: 'tcp' }, 400],
  'an invalid host': [{ ...HANDSHAKE, host: 'hub/x' }, 400],
};
for (const [name, [headers, status]] of Object.entries(REFUSED)) {
  test(`tunnel by the API: ${name} is ${status}`, async (t) => {
    const hub = await startPlugin(t);
    const { head } = await ask(t, hub, headers);
    t.regex(head, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.regex(head, /sec-websocket-version: 13/i);
  });
}

test('tunnel by the API: a POST is 405', async (t) => {
  const hub = await startPlugin(t);
  t.regex(
    (await ask(t, hub, { ...HANDSHAKE, 'content-length': 0 }, { method: 'POST' })).head,
    /^HTTP\/1\.1 405 /,
  );
});

test('tunnel by the API: without an upgrade, the path is not found; one that the host dropped says so', async (t) => {
  const hub = await startPlugin(t);
  t.is((await hub.call('GET', TUNNEL_PATH)).status, 404);
  hub.server.removeAllListeners('upgrade');
  t.regex((await ask(t, hub, HANDSHAKE)).head, /^HTTP\/1\.1 500 [\s\S]*host-lost-upgrade/);
});

/** What a peer without a credential may send. */
const HOSTILE: Readonly<Record<string, (ws: WebSocket) => void>> = {
  'a text frame': (ws) => ws.send('text'),
  garbage: (ws) => ws.send(Buffer.alloc(5_000, 1)),
  'a request in the clear': (ws) => ws.send(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  'an end': (ws) => ws.close(),
  'empty frames without end': (ws) => {
    for (let n = 0; n < 10_000; n++) ws.send(Buffer.alloc(0));
  },
};
for (const [name, send] of Object.entries(HOSTILE)) {
  test(`tunnel by the API: a peer that sends ${name} is disconnected immediately`, async (t) => {
    const hub = await startPlugin(t);
    const sockets = new ServerSockets(t, portOf(hub));
    const ws = await open(t, hub);
    send(ws);
    await once(ws, 'close');
    await untilTrue('the end of the connection', () => sockets.size === 0);
    t.is(sockets.size, 0);
  });
}

for (const [name, send] of [
  ['nothing', null],
  ['a byte now and then', Buffer.from([22])],
] as const) {
  test(`tunnel by the API: a peer that sends ${name} is disconnected in time`, async (t) => {
    const clock = Object.assign(new FakeClock(), { every: systemClock.every.bind(systemClock) });
    const hub = await startPlugin(t, { clock });
    const sockets = new ServerSockets(t, portOf(hub));
    const ws = await open(t, hub);
    const closed = once(ws, 'close');
    for (let passedMs = 0; passedMs < LATE_MS; passedMs += 1_000) {
      if (send && ws.readyState === WebSocket.OPEN) ws.send(send);
      clock.advance(1_000);
    }
    await closed;
    await untilTrue('the end of the connection', () => sockets.size === 0);
    t.is(sockets.size, 0);
  });
}

test('tunnel by the API: an end before TLS frees the place immediately', async (t) => {
  const hub = await startPlugin(t);
  const sockets = new ServerSockets(t, portOf(hub));
  // A masked close frame, mask 0, and a FIN. TLS alone would wait for 10 s.
  await ask(t, hub, HANDSHAKE, { last: Buffer.from([0x88, 0x80, 0, 0, 0, 0]) });
  await untilTrue('the end of the connection', () => sockets.size === 0, { ms: 5_000 });
  t.is(sockets.size, 0);
});

test('tunnel by the API: a stop of the plugin ends unproven connections', async (t) => {
  const hub = await startPlugin(t);
  const ws = await open(t, hub);
  const closed = once(ws, 'close');
  await hub.plugin.stop();
  await closed;
  t.pass();
});

test('tunnel by the API: pings of a peer that reads nothing do not fill the memory', async (t) => {
  const hub = await startPlugin(t);
  const { socket } = await ask(t, hub, HANDSHAKE);
  socket.pause();
  // A masked ping of 125 bytes, mask 0.
  const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  const write = () => {
    while (!isClosed && socket.write(many));
  };
  socket.on('drain', write);
  write();
  await untilTrue('the end of the flood', () => isClosed);
  t.true(isClosed);
});
