import { randomBytes } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test, { type ExecutionContext } from 'ava';
import { HttpsServer } from '../../../host/http/server.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import { HOSTILE_FRAMES } from '../../kit/fault/hostile-frames.js';
import { dialStubborn } from '../../kit/fault/stubborn-client.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { EMPTY_SETTINGS, PREFACE } from '../../kit/tunnel/h2-frames.js';
import { startListener } from '../../kit/tunnel/listener.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const TURN_MS = 200;
const DEADLINE_MS = 30_000;

/** TLS sockets that are still in memory, of clients and of servers. */
function socketsInMemory(): number {
  collectGarbage();
  return queryObjects(TLSSocket, { format: 'count' });
}

/** Clients that send these frames and disconnect immediately, before they have acknowledged anything. */
async function leaveAtOnce(port: number, alpn: string, preface: Buffer): Promise<void> {
  for (const frames of Object.values(HOSTILE_FRAMES)) {
    const leaving = (['destroy', 'resetAndDestroy', 'destroy', 'resetAndDestroy'] as const).map(
      async (leave) => {
        const { socket, tcp } = await dialStubborn(port, alpn);
        await new Promise((resolve) =>
          socket.write(Buffer.concat([preface, EMPTY_SETTINGS, frames]), resolve),
        );
        tcp[leave]();
      },
    );
    await Promise.all(leaving);
  }
}

async function expectReleased(t: ExecutionContext, before: number): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (socketsInMemory() > before && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  t.is(socketsInMemory(), before);
}

test.serial(
  'memory: the dashboard frees everything of clients that broke their session and disconnected',
  async (t) => {
    const certificate = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
    const server = new HttpsServer(certificate, {
      request: (_req, res) => void res.end(),
      upgrade: (_req, socket) => socket.destroy(),
    });
    const port = await server.start(0, '127.0.0.1');
    t.teardown(() => server.stop());
    const before = socketsInMemory();
    await leaveAtOnce(port, 'h2', PREFACE);
    await expectReleased(t, before);
  },
);

test.serial(
  'memory: the tunnel port frees everything of peers that broke their session and disconnected',
  async (t) => {
    const { port } = await startListener(t);
    const before = socketsInMemory();
    await leaveAtOnce(port, TUNNEL_ALPN, Buffer.alloc(0));
    await expectReleased(t, before);
  },
);
