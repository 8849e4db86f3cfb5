import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createSecureServer,
  Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { HttpsServer } from '../../../host/http/server.js';
import { watchSession } from '../../../host/http/watch-session.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { EMPTY_SETTINGS, FLOODS, FRAME, frame } from '../../kit/tunnel/h2-frames.js';
import { untilTrue } from '../../kit/until.js';

const IDLE_MS = 500;
/** Longer than any test. */
const LONG_MS = 600_000;
/** Times a client is asked: one that is cut wrongly is so after the second. */
const ROUNDS = 4;
const MUCH = 64 * 1024 * 1024;

interface Server {
  readonly port: number;
  readonly ca: string;
  /** The server's ends of its connections, in order of arrival. */
  readonly sockets: readonly Socket[];
  /** Answers that have begun, in the order they were asked for. */
  readonly answers: readonly Http2ServerResponse[];
}

/** `/silent` starts and sends nothing; `/much` sends 64 MiB as fast as they are read; all else is answered immediately. */
async function startServer(t: ExecutionContext): Promise<Server> {
  const certificate = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const answers: Http2ServerResponse[] = [];
  const server = new HttpsServer(
    certificate,
    {
      request(req, res) {
        if (!(req instanceof Http2ServerRequest) || !('stream' in res)) return;
        answers.push(res);
        if (req.url === '/silent') res.writeHead(200);
        else if (req.url === '/much') send(res);
        else res.end();
      },
      upgrade: (_req, socket) => socket.destroy(),
    },
    IDLE_MS,
  );
  const port = await server.start(0, '127.0.0.1');
  t.teardown(() => server.stop());
  const sockets: Socket[] = [];
  const accept = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === port) sockets.push(socket);
  };
  subscribe('net.server.socket', accept);
  t.teardown(() => unsubscribe('net.server.socket', accept));
  return { port, ca: certificate.ca ?? '', sockets, answers };
}

function send(res: Http2ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024);
  let left = MUCH;
  const go = () => {
    while (left > 0 && !res.stream.destroyed) {
      left -= piece.length;
      if (!res.write(piece)) break;
    }
    if (left === 0) res.end();
    else res.once('drain', go);
  };
  go();
}

function connect(t: ExecutionContext, { port, ca }: Server): ClientHttp2Session {
  const session = connectHttp2(`https://localhost:${port}`, { ca });
  // A connection that is cut is seen by what it carries.
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  return session;
}

async function untilAsked(session: ClientHttp2Session): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await once(session, 'ping');
}

/** What a client sends that asks for `/much`; with `widely` so that only its socket can hold the answer back. */
function asking(widely: boolean): Buffer {
  const wide = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  // RFC 7541: GET, https, and the path as a literal.
  const head = Buffer.from([0x82, 0x87, 0x04, 5, ...Buffer.from('/much'), 0x41, 1, ...Buffer.from('x')]);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    ...(widely
      ? [frame(FRAME.settings, 0, 0, wide), frame(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0]))]
      : [EMPTY_SETTINGS]),
    frame(FRAME.headers, 0x5, 1, head),
  ]);
}

const NEVER_READS = {
  'fills its window': { widely: false, talks: false },
  'fills its socket': { widely: true, talks: false },
  'sends its own PINGs': { widely: true, talks: true },
};
for (const [how, { widely, talks }] of Object.entries(NEVER_READS)) {
  test.serial(
    `idle session: a client that requests much, does not read and ${how} is disconnected`,
    async (t) => {
      const server = await startServer(t);
      const client = connectTls({
        port: server.port,
        host: 'localhost',
        ca: server.ca,
        ALPNProtocols: ['h2'],
      }).pause();
      client.on('error', () => undefined);
      t.teardown(() => client.destroy());
      await once(client, 'secureConnect');
      client.write(asking(widely));
      const talking = setInterval(() => talks && client.write(FLOODS.PING ?? ''), IDLE_MS / 4);
      t.teardown(() => clearInterval(talking));
      const [socket] = server.sockets;
      if (!socket) throw new Error('no connection arrived');
      await once(socket, 'close');
      t.true(server.answers[0]?.stream.destroyed);
    },
  );
}

test.serial('idle session: a silent stream stays open while the client answers', async (t) => {
  const server = await startServer(t);
  const session = connect(t, server);
  const stream = session.request({ ':path': '/silent' }).setEncoding('utf8');
  await once(stream, 'response');
  await untilAsked(session);
  server.answers[0]?.end('after a long time');
  t.deepEqual(await once(stream, 'data'), ['after a long time']);
  await once(stream, 'end');
  t.is(stream.rstCode, 0);
});

test.serial('idle session: a slow reader that still answers gets everything', async (t) => {
  const server = await startServer(t);
  const session = connect(t, server);
  const stream = session.request({ ':path': '/much' });
  await once(stream, 'response');
  await untilAsked(session);
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  t.is(size, MUCH);
});

test.serial('idle session: one without streams is closed, though its client answers', async (t) => {
  const server = await startServer(t);
  const session = connect(t, server);
  await once(session.request({ ':path': '/' }).resume(), 'close');
  await Promise.all([once(session, 'goaway'), once(session, 'close')]);
  t.true(session.destroyed);
});

test.serial('idle session: nothing is kept of a session whose client disconnected', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const { cert, key } = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const server = createSecureServer({ cert, key });
  t.teardown(() => void server.close());
  const kept: WeakRef<ServerHttp2Session>[] = [];
  server.on('session', (session) => kept.push(new WeakRef(session)));
  server.on('secureConnection', (socket) => {
    const session = kept.at(-1)?.deref();
    if (session) watchSession(session, socket, LONG_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let n = 0; n < 5; n++) {
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    client.on('error', () => undefined);
    await once(client, 'secureConnect');
    client.write(asking(false));
    await once(client, 'data');
    client.destroy();
  }
  const count = promisify(server.getConnections.bind(server));
  await untilTrue('the end of all connections', async () => (await count()) === 0, { everyMs: 1 });
  // V8 collects weakly held objects in its own turns.
  for (let n = 0; n < 50 && kept.some((session) => session.deref()); n++) {
    await turn();
    collect();
  }
  t.is(kept.filter((session) => session.deref()).length, 0);
});
