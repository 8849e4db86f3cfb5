import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { readSelfTest } from '../../../../plugin/server-hooks/reachability/ask-hub.js';
import { SelfTest, type SelfTestOptions } from '../../../../plugin/server-hooks/reachability/self-test.js';
import { issueServerCertificate, makeAuthority } from '../../../../protocol/certificates/authority.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startListener } from '../../../kit/tunnel/listener.js';

/** Old enough to have issued what is expired by now. */
export const AUTHORITY = await makeAuthority(randomBytes);

/** A self-test with the two ports of its hub, on loopback. Its clock does not move, so no deadline passes by itself. */
export interface SelfTestWorld {
  readonly selfTest: SelfTest;
  readonly tunnelAddress: string;
  /** `code` of each check, null where it is well, `-` where it was not tried. */
  codes(apiUrl: string, tunnelAddress?: string): Promise<readonly (string | null)[]>;
  /** An API with a certificate for `names`; answers as a hub by default. Resolves to its port. */
  startApi(options?: { names?: string[]; issuedAtMs?: number; answer?: RequestListener }): Promise<number>;
}

export async function startSelfTest(
  t: ExecutionContext,
  options: Partial<SelfTestOptions> = {},
): Promise<SelfTestWorld> {
  const { port, fingerprint } = await startListener(t);
  const selfTest = new SelfTest({ clock: new FakeClock(), randomBytes, fingerprint, ...options });
  const asHub: RequestListener = (req, res) => {
    const isThere = req.url === '/edge/agent/self-test';
    const answer = isThere && selfTest.answer(readSelfTest(req.headers.authorization ?? ''));
    res.writeHead(answer ? 200 : 401).end(JSON.stringify(answer ? { answer } : { code: 'other' }));
  };
  const tunnelAddress = `127.0.0.1:${port}`;
  return {
    selfTest,
    tunnelAddress,
    codes: async (apiUrl, to = tunnelAddress) => {
      const signal = new AbortController().signal;
      const checks = await selfTest.run({ apiUrl, tunnelAddress: to }, signal);
      return checks.map(({ ok, code }) => (ok === null ? '-' : code));
    },
    startApi: async ({ names = ['localhost'], issuedAtMs = Date.now(), answer = asHub } = {}) => {
      const { certificate, key } = await issueServerCertificate(AUTHORITY, names, issuedAtMs, randomBytes);
      return listen(t, https.createServer({ cert: certificate, key }, answer));
    },
  };
}

/** A hub's API without TLS. */
export function startPlainApi(t: ExecutionContext, answer: RequestListener): Promise<number> {
  return listen(t, http.createServer(answer));
}

/** Accepts connections and never sends a byte; `spokenTo` resolves once a caller has. */
export async function startSilent(t: ExecutionContext): Promise<{ port: number; spokenTo: Promise<void> }> {
  const server = net.createServer();
  const spokenTo = new Promise<void>((resolve) => {
    server.once('connection', (socket) => socket.once('data', () => resolve()));
  });
  return { port: await listen(t, server), spokenTo };
}

async function listen(t: ExecutionContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
