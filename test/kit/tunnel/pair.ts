import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import type { BulkOffers } from '../../../plugin/server-hooks/tunnel/bulk/offers.js';
import { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { SESSION_LIMITS } from '../../../protocol/tunnel/tunnel-settings.js';

export interface TunnelPairOptions {
  readonly clock: Clock;
  readonly id?: string;
  readonly environmentId?: number;
  readonly instanceId?: string;
  /** Of the lease it belongs to. Default: the first that a registry of boot id `boot` grants. */
  readonly epoch?: string;
  readonly inactivityMs?: number;
  /** Default: no bulk connections. */
  readonly offers?: BulkOffers;
  /** Serves the streams the hub opens. Default: `/accepted` and `/keep-alive` get 204, others wait. */
  readonly serve?: (stream: ServerHttp2Stream, path: string) => void;
}

/** The hub's end of a tunnel, and the agent's raw end, over a loopback connection without TLS. */
export interface TunnelPair {
  readonly tunnel: TunnelSession;
  /** The hub's session. */
  readonly session: ClientHttp2Session;
  readonly far: ServerHttp2Session;
  readonly farSocket: net.Socket;
  /** `:path` (or `:authority`) of every stream the hub opened. */
  readonly asked: readonly string[];
}

export async function tunnelPair(t: ExecutionContext, options: TunnelPairOptions): Promise<TunnelPair> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const farSocket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  farSocket.on('error', () => undefined);
  const [near] = (await once(server, 'connection')) as [net.Socket];
  near.on('error', () => undefined);
  server.close();
  const far = http2.performServerHandshake(farSocket);
  const asked: string[] = [];
  far.on('error', () => undefined);
  far.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? headers[':authority'] ?? '';
    asked.push(path);
    stream.on('error', () => undefined);
    if (options.serve) options.serve(stream, path);
    else if (path.startsWith('/')) stream.respond({ ':status': 204 }, { endStream: true });
  });
  const session = http2.connect('http://agent', { createConnection: () => near, ...SESSION_LIMITS });
  session.on('error', () => undefined);
  await once(session, 'connect');
  const tunnel = new TunnelSession({
    id: options.id ?? 'tunnel-1',
    grant: {
      environmentId: options.environmentId ?? 1,
      instanceId: options.instanceId ?? 'instance-1',
      nodeId: null,
      generation: 1,
      purpose: 'environment',
      epoch: options.epoch ?? 'boot.1',
      expiresAtMs: 0,
    },
    transport: { socket: near, wire: near, path: 'tunnel-port' },
    http2: session,
    inactivityMs: options.inactivityMs ?? 60_000,
    clock: options.clock,
    ...(options.offers && { offers: options.offers }),
  });
  t.teardown(() => {
    tunnel.close('stopping');
    far.destroy();
    farSocket.destroy();
    near.destroy();
  });
  return { tunnel, session, far, farSocket, asked };
}
