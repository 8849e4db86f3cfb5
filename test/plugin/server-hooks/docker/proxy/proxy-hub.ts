import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type {
  ClientRequest,
  ClientResponse,
} from '../../../../../plugin/server-hooks/docker/client-message.js';
import type { DockerTarget } from '../../../../../plugin/server-hooks/docker/proxy/admit-call.js';
import { DockerProxy } from '../../../../../plugin/server-hooks/docker/proxy/proxy.js';
import type { Logger } from '../../../../../plugin/server-hooks/host.js';
import type {
  TunnelCall,
  TunnelSource,
  TunnelTarget,
} from '../../../../../plugin/server-hooks/tunnel/source.js';
import { EngineAgent } from '../../../../../plugin/server-hooks/tunnel/streams/engine-agent.js';
import { issueServerCertificate, makeAuthority } from '../../../../../protocol/certificates/authority.js';
import { problem } from '../../../../../protocol/problems.js';
import type { Clock } from '../../../../../protocol/time/clock.js';
import { TUNNEL } from '../../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import type { EngineDouble } from '../../../../kit/engine/double.js';

/** Tunnels that are unix sockets, one per environment id. */
export class SocketTunnels implements TunnelSource {
  readonly opened: Array<{ released: number; readonly close: (reason?: Error) => void; pipes: Duplex[] }> =
    [];
  readonly #paths: ReadonlyMap<number, string>;
  readonly #clock: Clock;

  constructor(paths: ReadonlyMap<number, string>, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
  }

  async open({ environmentId }: TunnelTarget, signal: AbortSignal): Promise<TunnelCall> {
    signal.throwIfAborted();
    const path = this.#paths.get(environmentId);
    if (path === undefined) throw problem('environment-not-found');
    const closed = new AbortController();
    const record = { released: 0, close: (reason?: Error) => closed.abort(reason), pipes: [] as Duplex[] };
    this.opened.push(record);
    const dial = async () => {
      const pipe = connect(path);
      record.pipes.push(pipe);
      await once(pipe, 'connect').catch((cause: unknown) => {
        throw problem('engine-unreachable', { cause });
      });
      return pipe;
    };
    const agent = new EngineAgent({ dial, clock: this.#clock, keepMs: TUNNEL.keepMs });
    return {
      agent,
      dial,
      closed: closed.signal,
      servesSwarm: async () => true,
      release: () => {
        record.released += 1;
        // Each call is that of a tunnel of its own.
        agent.destroy();
      },
    };
  }
}

/** As the streams of a tunnel, these are ended where a socket of the system would be destroyed. */
function connect(path: string): net.Socket {
  const socket = net.connect({ path, allowHalfOpen: true });
  socket.destroySoon = () => socket.end();
  return socket;
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields) => {
    if ('code' in fields && fields.code === 'internal') console.error(fields);
  },
  child: () => silent,
};

let made: ReturnType<typeof issueServerCertificate> | undefined;
async function secureServer(): Promise<http2.Http2SecureServer> {
  made ??= makeAuthority(randomBytes).then((authority) =>
    issueServerCertificate(authority, ['localhost'], Date.now(), randomBytes),
  );
  const { certificate, key } = await made;
  return http2.createSecureServer({ key, cert: certificate, allowHTTP1: true });
}

export interface HubOptions {
  /** How callers proved themselves. Default `bearer`. */
  readonly via?: 'bearer' | 'cookie';
  /** Aborts when their credentials end. */
  readonly ended?: AbortSignal;
  /** A host that reads bodies before it asks the plugin. */
  readonly consumeBodies?: boolean;
  /** HTTP/1.1 without TLS, as behind a proxy that terminates it. */
  readonly plain?: boolean;
}

/** A hub: a server for HTTP/1.1 and, over TLS, HTTP/2, whose every path is `/<environment id>/…`. */
export interface Hub {
  readonly port: number;
  readonly tunnels: SocketTunnels;
  readonly clock: FakeClock;
  /** Settles when all calls so far have left the proxy. */
  idle(): Promise<void>;
}

export async function startHub(
  t: ExecutionContext,
  engines: ReadonlyArray<Pick<EngineDouble, 'socketPath'>>,
  { via = 'bearer', ended, consumeBodies = false, plain = false }: HubOptions = {},
): Promise<Hub> {
  const clock = new FakeClock();
  const paths = new Map(engines.map((engine, index) => [index + 1, engine.socketPath]));
  const tunnels = new SocketTunnels(paths, clock);
  const proxy = new DockerProxy({ tunnels, logger: silent, clock });
  const calls = new Set<Promise<void>>();
  const track = (call: Promise<void>) => {
    calls.add(call);
    void call.finally(() => calls.delete(call));
  };
  const target = (url: string): DockerTarget => {
    const [, id, rest] = /^\/(\d+)(.*)$/s.exec(url) ?? [];
    return { environmentId: Number(id), path: rest ?? '', via, ended };
  };
  const server = plain ? createServer() : await secureServer();
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (req: ClientRequest, res: ClientResponse) => {
    const serve = () => track(proxy.request(req, res, target(req.url ?? '')));
    if (!consumeBodies) return serve();
    req.once('end', serve);
    req.resume();
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    track(proxy.upgrade(req, socket, head, target(req.url ?? ''))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    tunnels,
    clock,
    idle: async () => {
      await Promise.all(calls);
    },
  };
}
