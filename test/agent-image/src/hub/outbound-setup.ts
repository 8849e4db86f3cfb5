import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import type { ExecutionContext } from 'ava';
import { createOutbound } from '../../../../agent-image/src/hub/outbound.js';
import { issueServerCertificate, makeAuthority } from '../../../../protocol/certificates/authority.js';
import { systemClock } from '../../../../protocol/time/clock.js';

export const authority = await makeAuthority(randomBytes);
const NAMES = ['localhost', '127.0.0.1', 'hub.test'];

interface Setup {
  names?: string[];
  issuedAtMs?: number;
  config?: Partial<Parameters<typeof createOutbound>[0]>;
}

/** An API on loopback with a certificate of our own authority, and an agent's way out. */
export async function setup(
  t: ExecutionContext,
  { names = NAMES, issuedAtMs = Date.now(), config = {} }: Setup = {},
) {
  const { certificate, key } = await issueServerCertificate(authority, names, issuedAtMs, randomBytes);
  const server = https.createServer({ cert: certificate, key }, (_request, response) => response.end('hub'));
  const connections: net.Socket[] = [];
  server.on('secureConnection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  return { port, connections, outbound: openOutbound(t, config) };
}

export function openOutbound(t: ExecutionContext, config: Setup['config'] = {}) {
  const outbound = createOutbound(
    {
      cleartext: false,
      insecurePoll: false,
      ca: null,
      proxy: { url: null, noProxy: '' },
      ...config,
    },
    systemClock,
  );
  t.teardown(() => outbound.close());
  return outbound;
}

export async function get(agent: http.Agent, url: string): Promise<string> {
  const request = (url.startsWith('https') ? https : http).get(url, { agent });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return Buffer.concat(await response.toArray()).toString();
}
