import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import tls, { type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { HttpsServer, type ServerHandlers } from '../../../host/http/server.js';
import type { CheckInExchange, CheckInHead } from '../../../plugin/server-hooks/index.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import { defer } from '../../kit/deferred.js';
import { HOSTILE_HEADS, SHORT_GET } from '../../kit/hostile-heads.js';
import { tempFolder } from '../../kit/temp-folder.js';

type ShortGet = NonNullable<ServerHandlers['shortGet']>;

const EMPTY = Buffer.alloc(0);
const answerShort = (exchange: CheckInExchange) => exchange.answer(304, { ETag: '"tag"' }, EMPTY);

/** A server whose short GETs are answered 304; what Node's parser gets is answered 200 `node`. */
async function setup(
  t: ExecutionContext,
  { shortGet, clock = systemClock }: { shortGet?: ShortGet; clock?: Clock } = {},
) {
  const heads: CheckInHead[] = [];
  const urls: (string | undefined)[] = [];
  const certificate = ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const handlers: ServerHandlers = {
    request: (req, res) => {
      urls.push(req.url);
      res.writeHead(200, { 'content-length': 4 });
      res.end('node');
    },
    upgrade: (_req, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
    shortGet: (head, exchange) => {
      heads.push(head);
      if (shortGet) return shortGet(head, exchange);
      answerShort(exchange);
      return true;
    },
  };
  const server = new HttpsServer(await certificate, handlers, undefined, clock);
  const port = await server.start(0, '127.0.0.1');
  t.teardown(() => server.stop());
  const connect = async () => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true };
    const socket = tls.connect(options);
    // No delay: what is sent first arrives first, on two connections too.
    socket
      .setNoDelay(true)
      .setEncoding('latin1')
      .on('error', () => undefined);
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  };
  return { server, heads, urls, connect };
}

/** Reads until the text matches. */
async function readUntil(socket: TLSSocket, pattern: RegExp): Promise<string> {
  let text = '';
  const matches = defer<void>();
  // One listener: of two chunks that come in the same turn, `once` would miss the second.
  const read = (chunk: string) => {
    text += chunk;
    if (pattern.test(text)) matches.resolve();
  };
  socket.on('data', read);
  await matches.promise;
  socket.off('data', read);
  return text;
}

const SHORT = 'HTTP/1.1 304 Not Modified\r\nETag: "tag"\r\n\r\n';

test('short gets: one is answered with no other bytes, again and again on one connection', async (t) => {
  const { heads, urls, connect } = await setup(t);
  const socket = await connect();
  for (let round = 0; round < 3; round++) {
    socket.write(SHORT_GET);
    t.is(await readUntil(socket, /\r\n\r\n$/), SHORT);
  }
  t.is(heads.length, 3);
  t.deepEqual(urls, []);
});

test('short gets: an answer with a body has its length', async (t) => {
  const { connect } = await setup(t, {
    shortGet: (_head, exchange) => {
      exchange.answer(200, { 'Content-Type': 'text/plain' }, Buffer.from('é'));
      exchange.answer(200, {}, Buffer.from('a second answer'));
      return true;
    },
  });
  const socket = await connect();
  socket.write(SHORT_GET);
  const text = await readUntil(socket, /\xa9$/);
  t.is(text, 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n\xc3\xa9');
});

for (const [title, text] of HOSTILE_HEADS) {
  if (text === '') continue;
  test(`short gets: Node's parser decides about ${title}`, async (t) => {
    const { heads, connect } = await setup(t);
    const socket = await connect();
    socket.end(text, 'latin1');
    const chunks: string[] = await socket.toArray();
    t.regex(chunks.join(''), /^HTTP\/1\.1 (?:100|101|200|400|431) |^$/);
    t.deepEqual(heads, []);
  });
}

test('short gets: one that is split at any byte is answered once', async (t) => {
  const { heads, urls, connect } = await setup(t);
  let byNode = 0;
  for (let at = 1; at < SHORT_GET.length; at++) {
    const socket = await connect();
    await new Promise((sent) => socket.write(SHORT_GET.slice(0, at), sent));
    await turn();
    await turn();
    socket.write(SHORT_GET.slice(at));
    const answer = await readUntil(socket, /\r\n\r\n(?:node)?$/);
    if (answer.endsWith('node')) byNode++;
    else t.is(answer, SHORT);
    socket.destroy();
  }
  t.is(urls.length, byNode);
  t.is(heads.length + byNode, SHORT_GET.length - 1);
  t.true(byNode > 0);
});

test('short gets: what nobody answers goes to Node with all its bytes, and so does all that follows', async (t) => {
  const { heads, urls, connect } = await setup(t, { shortGet: ({ url }) => url === 'x' });
  const socket = await connect();
  for (let round = 0; round < 3; round++) {
    socket.write(SHORT_GET);
    t.regex(await readUntil(socket, /node$/), /^HTTP\/1\.1 200 OK\r\n/);
  }
  t.is(heads.length, 1);
  t.is(urls.length, 3);
});

test('short gets: a connection can change to any other request after some', async (t) => {
  const { urls, connect } = await setup(t);
  const socket = await connect();
  socket.write(SHORT_GET);
  await readUntil(socket, /\r\n\r\n$/);
  socket.write('POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc');
  t.regex(await readUntil(socket, /node$/), /^HTTP\/1\.1 200 OK\r\n/);
  socket.write('GET /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  t.regex(await readUntil(socket, /\r\n\r\n$/), /^HTTP\/1\.1 101 /);
  t.deepEqual(urls, ['/other']);
});

test('short gets: what is pipelined behind a held one waits for its answer', async (t) => {
  const held = defer<CheckInExchange>();
  let count = 0;
  const { urls, connect } = await setup(t, {
    shortGet: (_head, exchange) => {
      if (++count === 1) held.resolve(exchange);
      else answerShort(exchange);
      return true;
    },
  });
  const [socket, other] = [await connect(), await connect()];
  socket.write(SHORT_GET);
  const exchange = await held.promise;
  for (const url of ['/one', '/two']) {
    await new Promise((sent) => socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\nX-Other: 1\r\n\r\n`, sent));
  }
  // Sent later and answered: the server has read what was sent before.
  other.write(SHORT_GET);
  t.is(await readUntil(other, /\r\n\r\n(?:node)?$/), SHORT);
  t.deepEqual(urls, []);
  answerShort(exchange);
  const text = await readUntil(socket, /node.*node$/s);
  t.true(text.startsWith(`${SHORT}HTTP/1.1 200 OK\r\n`), text);
  t.deepEqual(urls, ['/one', '/two']);
});

for (const [title, leave] of [
  ['ends its side', (socket: TLSSocket) => void socket.end()],
  ['is destroyed', (socket: TLSSocket) => void socket.destroy()],
  ['sends more and ends', (socket: TLSSocket) => void socket.write('x', () => socket.end('y'))],
  ['sends more and is destroyed', (socket: TLSSocket) => void socket.write('x', () => socket.destroy())],
] as const) {
  test(`short gets: a held one notices that its client ${title}`, async (t) => {
    const [held, closed] = [defer<CheckInExchange>(), defer<void>()];
    const { connect } = await setup(t, {
      shortGet: (_head, exchange) => {
        exchange.once('close', () => closed.resolve());
        held.resolve(exchange);
        return true;
      },
    });
    const socket = await connect();
    socket.write(SHORT_GET);
    const exchange = await held.promise;
    leave(socket);
    await closed.promise;
    answerShort(exchange);
    t.false(exchange.headersSent);
    const late = defer<void>();
    exchange.once('close', () => late.resolve());
    await late.promise;
  });
}

test('short gets: a stop closes idle connections, and held ones after their answer', async (t) => {
  const held = defer<CheckInExchange>();
  let count = 0;
  const { server, connect } = await setup(t, {
    shortGet: (_head, exchange) => {
      if (++count === 1) answerShort(exchange);
      else held.resolve(exchange);
      return true;
    },
  });
  const [idle, waiting, silent] = [await connect(), await connect(), await connect()];
  idle.write(SHORT_GET);
  await readUntil(idle, /\r\n\r\n$/);
  waiting.write(SHORT_GET);
  const exchange = await held.promise;
  const closed = Promise.all([once(idle, 'end'), once(silent, 'end')]);
  idle.resume();
  silent.resume();
  const stopped = server.stop();
  await closed;
  t.false(waiting.destroyed);
  exchange.answer(503, {}, EMPTY);
  const text = (await waiting.toArray()).join('');
  t.is(text, 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  waiting.end();
  await stopped;
});
