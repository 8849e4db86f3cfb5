import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { cutEndedSession } from '../../../host/http/cut-ended-session.js';
import { HttpsServer } from '../../../host/http/server.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { GOAWAY, HOSTILE_FRAMES } from '../../kit/fault/hostile-frames.js';
import { ServerSockets } from '../../kit/fault/server-sockets.js';
import { dialStubborn, type StubbornClient } from '../../kit/fault/stubborn-client.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { EMPTY_SETTINGS, FRAME, frame, PREFACE } from '../../kit/tunnel/h2-frames.js';
import { untilTrue } from '../../kit/until.js';

/** GET / over https of the authority `x`, answered by headers and then silence. */
const CALL = frame(FRAME.headers, 0x5, 1, Buffer.from([0x82, 0x84, 0x87, 0x41, 1, 0x78]));
const FAST_MS = 20;

interface Server {
  readonly port: number;
  readonly sockets: ServerSockets;
}

const certificateFor = async (t: ExecutionContext) =>
  ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);

/** The host's server; its answers start and never end. */
async function startServer(t: ExecutionContext): Promise<Server> {
  const server = new HttpsServer(await certificateFor(t), {
    request: (_req, res) => void res.writeHead(200),
    upgrade: (_req, socket) => socket.destroy(),
  });
  const port = await server.start(0, '127.0.0.1');
  t.teardown(() => server.stop());
  return { port, sockets: new ServerSockets(t, port) };
}

interface FastServer extends Server {
  readonly session: Promise<ServerHttp2Session>;
  readonly stream: Promise<ServerHttp2Stream>;
}

/** A plain Node server with the tested module, which checks fifty times as often. Its answers are large. */
async function startFast(t: ExecutionContext): Promise<FastServer> {
  const server = createSecureServer({ ...(await certificateFor(t)), maxOutstandingPings: 100 });
  const session = new Promise<ServerHttp2Session>((resolve) => {
    let made: ServerHttp2Session;
    server.on('session', (accepted) => {
      made = accepted;
    });
    server.on('secureConnection', (socket) => {
      cutEndedSession(made, socket, FAST_MS);
      resolve(made);
    });
  });
  const stream = new Promise<ServerHttp2Stream>((resolve) => {
    server.on('stream', (opened) => {
      opened.on('error', () => undefined);
      opened.respond({ ':status': 200 });
      // More than the sockets of both ends keep.
      opened.end(Buffer.alloc(32 * 1024 * 1024));
      resolve(opened);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { port, sockets: new ServerSockets(t, port), session, stream };
}

async function dial(t: ExecutionContext, { port }: Server): Promise<StubbornClient> {
  const client = await dialStubborn(port, 'h2');
  t.teardown(() => client.tcp.destroy());
  return client;
}

const LEAVES: Readonly<Record<string, (tcp: Socket) => void>> = {
  disconnects: (tcp) => tcp.destroy(),
  resets: (tcp) => tcp.resetAndDestroy(),
  stays: () => undefined,
};
const BYTES: Readonly<Record<string, Buffer>> = {
  ...HOSTILE_FRAMES,
  'a PING of wrong length after GOAWAY': Buffer.concat([
    GOAWAY,
    HOSTILE_FRAMES['PING of wrong length'] ?? GOAWAY,
  ]),
};
for (const [name, bytes] of Object.entries(BYTES)) {
  test(`ended session: a client that sends ${name} keeps no descriptor, whether it closes, resets or stays connected`, async (t) => {
    const server = await startServer(t);
    for (const [how, leave] of Object.entries(LEAVES)) {
      for (const call of [Buffer.alloc(0), CALL]) {
        // After a polite GOAWAY open calls continue.
        if (bytes === GOAWAY && call === CALL && how === 'stays') continue;
        const { socket, tcp } = await dial(t, server);
        socket.resume();
        socket.write(Buffer.concat([PREFACE, EMPTY_SETTINGS, call, bytes]), () => leave(tcp));
      }
    }
    await server.sockets.allClosed();
    t.is(server.sockets.size, 0);
  });
}

test('ended session: one that is closed while its client does not read is destroyed with its unsent data', async (t) => {
  const server = await startFast(t);
  const { socket } = await dial(t, server);
  const wide = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  socket.write(
    Buffer.concat([
      PREFACE,
      frame(FRAME.settings, 0, 0, wide),
      frame(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
      CALL,
    ]),
  );
  const [session, stream] = await Promise.all([server.session, server.stream]);
  socket.write(frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8])));
  await untilTrue('the end of the stream', () => stream.closed, { everyMs: 1 });
  session.close();
  await server.sockets.allClosed();
  t.true(session.destroyed);
});

test('ended session: a client that reads and keeps requesting, but answers no PING, keeps its connection', async (t) => {
  const server = await startFast(t);
  const { socket } = await dial(t, server);
  socket.write(Buffer.concat([PREFACE, EMPTY_SETTINGS]));
  let pings = 0;
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const isPing = bytes.readUInt8(3) === FRAME.ping;
      const isAnswer = (bytes.readUInt8(4) & 1) === 1;
      bytes = bytes.subarray(9 + bytes.readUIntBE(0, 3));
      if (!isPing || isAnswer) continue;
      pings++;
      socket.write(frame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1])));
    }
    if (pings >= 20) break;
  }
  t.true(pings >= 20);
  const session = await server.session;
  t.false(session.destroyed);
});
