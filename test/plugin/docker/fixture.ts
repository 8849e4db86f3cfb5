import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { ExecutionContext } from 'ava';
import { issueServerCertificate, makeAuthority } from '../../../host/authority.js';
import type { DockerTarget } from '../../../plugin/server-hooks/docker/admit-call.js';
import { DockerProxy } from '../../../plugin/server-hooks/docker/docker-proxy.js';
import type { Logger } from '../../../plugin/server-hooks/host.js';
import type { TunnelCall, TunnelSource } from '../../../plugin/server-hooks/tunnel/tunnel-source.js';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';

/** What a fake engine does with one connection. `seen()` is every byte it got so far. */
export type EngineScript = (socket: net.Socket, seen: () => string) => void;

/** A raw engine on a unix socket: it answers with whatever bytes its script writes. */
export interface FakeEngine {
  readonly path: string;
  /** Everything all connections sent, in order. */
  bytes(): string;
  readonly sockets: Set<net.Socket>;
  connections: number;
}

/** @param keep whether to keep what it gets (`bytes()`), or to leave reading to the script */
export async function startEngine(
  t: ExecutionContext,
  script: EngineScript,
  keep: 'keep' | 'forget' = 'keep',
): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-engine-'));
  const all: Buffer[] = [];
  const engine: FakeEngine = {
    path: join(folder, 'docker.sock'),
    bytes: () => Buffer.concat(all).toString('latin1'),
    sockets: new Set(),
    connections: 0,
  };
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    engine.connections += 1;
    engine.sockets.add(socket);
    const own: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('close', () => engine.sockets.delete(socket));
    if (keep === 'keep') {
      socket.on('data', (chunk: Buffer) => {
        all.push(chunk);
        own.push(chunk);
      });
    }
    script(socket, () => Buffer.concat(own).toString('latin1'));
  });
  server.listen(engine.path);
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of engine.sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return engine;
}

/** Resolves once the hub has ended or dropped its connection to an engine. */
export async function left(engineSide: net.Socket | undefined): Promise<void> {
  if (engineSide === undefined) throw new Error('no connection reached the engine');
  if (engineSide.readableEnded || engineSide.destroyed) return;
  await new Promise<void>((resolve) => {
    engineSide.once('end', () => resolve());
    engineSide.once('close', () => resolve());
  });
}

/** An engine that gives each request head the same bytes for an answer, then ends (or not). */
export function answering(answer: string | Buffer, end: 'end' | 'keep' = 'end'): EngineScript {
  return (socket, seen) => {
    let answered = false;
    socket.on('data', () => {
      if (answered || !seen().includes('\r\n\r\n')) return;
      answered = true;
      socket.write(answer);
      if (end === 'end') socket.end();
    });
  };
}

/** Tunnels that are unix sockets, one per environment id. */
export class SocketTunnels implements TunnelSource {
  readonly opened: Array<{ released: number; readonly close: (reason?: Error) => void; pipes: Duplex[] }> =
    [];
  readonly #paths: ReadonlyMap<number, string>;
  readonly #agent = new Agent();

  constructor(paths: ReadonlyMap<number, string>) {
    this.#paths = paths;
  }

  async open(environmentId: number, signal: AbortSignal): Promise<TunnelCall> {
    signal.throwIfAborted();
    const path = this.#paths.get(environmentId);
    if (path === undefined)
      throw new EdgeError('environment-not-found', 'No such environment', { status: 404 });
    const closed = new AbortController();
    const record = { released: 0, close: (reason?: Error) => closed.abort(reason), pipes: [] as Duplex[] };
    this.opened.push(record);
    return {
      agent: this.#agent,
      dial: async () => {
        const pipe = connect(path);
        record.pipes.push(pipe);
        await once(pipe, 'connect').catch((cause: unknown) => {
          throw new EdgeError('engine-unreachable', 'The engine does not answer', {
            status: 502,
            cause,
          });
        });
        return pipe;
      },
      closed: closed.signal,
      release: () => {
        record.released += 1;
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

/** A clock that goes on when told to. */
class HandClock implements Clock {
  #now = 0;
  readonly #timers = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  after(ms: number, fn: () => void): () => void {
    this.#timers.set(fn, this.#now + ms);
    return () => this.#timers.delete(fn);
  }
  every(): () => void {
    throw new Error('The proxy has no use for it');
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const [fn, due] of this.#timers) {
      if (due > this.#now) continue;
      this.#timers.delete(fn);
      fn();
    }
  }
}

let made: ReturnType<typeof issueServerCertificate> | undefined;
function serverCertificate(): ReturnType<typeof issueServerCertificate> {
  made ??= makeAuthority(Date.now(), randomBytes).then((authority) =>
    issueServerCertificate(authority, ['localhost'], Date.now(), randomBytes),
  );
  return made;
}

/** A hub: a TLS server for HTTP/1.1 and HTTP/2 whose every path is `/<environment id>/…`. */
export interface Hub {
  readonly port: number;
  readonly tunnels: SocketTunnels;
  readonly clock: HandClock;
  /** Settles when all calls so far have left the proxy. */
  idle(): Promise<void>;
}

export async function startHub(
  t: ExecutionContext,
  engines: ReadonlyArray<Pick<FakeEngine, 'path'>>,
  via: 'bearer' | 'cookie' = 'bearer',
  host: { readonly consumeBodies?: boolean } = {},
): Promise<Hub> {
  const tunnels = new SocketTunnels(new Map(engines.map((engine, index) => [index + 1, engine.path])));
  const clock = new HandClock();
  const proxy = new DockerProxy({ tunnels, logger: silent, clock });
  const calls = new Set<Promise<void>>();
  const track = (call: Promise<void>) => {
    calls.add(call);
    void call.finally(() => calls.delete(call));
  };
  const target = (url: string): DockerTarget => {
    const [, id, rest] = /^\/(\d+)(.*)$/s.exec(url) ?? [];
    return { environmentId: Number(id), path: rest ?? '', via };
  };
  const { certificate, key } = await serverCertificate();
  const server = http2.createSecureServer({ key, cert: certificate, allowHTTP1: true });
  const sockets = new Set<tls.TLSSocket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (req, res) => {
    const serve = () => track(proxy.request(req, res, target(req.url)));
    if (!host.consumeBodies) return serve();
    req.once('end', serve);
    req.resume();
  });
  server.on('upgrade', (req, socket, head) => track(proxy.upgrade(req, socket, head, target(req.url ?? ''))));
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

/** How a connection ended, as its client saw it. */
export interface Heard {
  readonly text: string;
  readonly body: Buffer;
  /** `end`: a regular end (TLS close_notify or FIN); `reset`: a TCP reset. */
  readonly ending: 'end' | 'reset';
}

/** A raw HTTP/1.1 client over TLS, half-open as the docker CLI is. */
export async function dialHub(t: ExecutionContext, hub: Hub): Promise<tls.TLSSocket> {
  const raw = net.connect({ port: hub.port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = tls.connect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  socket.allowHalfOpen = true;
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything a socket says until it closes. */
export async function hear(socket: tls.TLSSocket): Promise<Heard> {
  const parts: Buffer[] = [];
  let ending: Heard['ending'] = 'end';
  socket.on('data', (chunk: Buffer) => parts.push(chunk));
  socket.on('error', () => {
    ending = 'reset';
  });
  await new Promise<void>((resolve) => {
    socket.once('end', () => resolve());
    socket.once('close', () => resolve());
  });
  const body = Buffer.concat(parts);
  return { text: body.toString('latin1'), body, ending };
}

/** Sends one raw request and hears the answer out. */
export async function ask(t: ExecutionContext, hub: Hub, request: string): Promise<Heard> {
  const socket = await dialHub(t, hub);
  socket.write(request);
  return hear(socket);
}

/** Resolves once a socket's collected text holds `part`. */
export function until(socket: tls.TLSSocket | net.Socket, part: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes(part)) return;
      socket.off('data', look);
      socket.off('close', early);
      resolve(text);
    };
    const early = () => reject(new Error(`closed before ${JSON.stringify(part)}: ${text}`));
    socket.on('data', look);
    socket.once('close', early);
  });
}

/** An answer as an HTTP/2 client saw it. */
export interface Heard2 {
  readonly status: number | undefined;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  /** `end`: END_STREAM came; `reset`: the stream was reset with an error. */
  readonly ending: 'end' | 'reset';
}

export function connectHttp2(t: ExecutionContext, hub: Hub): http2.ClientHttp2Session {
  const session = http2.connect(`https://localhost:${hub.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  return session;
}

/** Hears an HTTP/2 stream out. */
export function hear2(stream: http2.ClientHttp2Stream): Promise<Heard2> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let headers: http2.IncomingHttpHeaders = {};
    let ending: Heard2['ending'] = 'end';
    stream.on('response', (got) => {
      headers = got;
    });
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.on('error', () => {
      ending = 'reset';
    });
    stream.on('close', () => {
      const status = headers[':status'];
      resolve({
        status: status === undefined ? undefined : Number(status),
        headers,
        body: Buffer.concat(parts),
        ending,
      });
    });
  });
}

/** One HTTP/2 request without a body. */
export function ask2(
  t: ExecutionContext,
  hub: Hub,
  path: string,
  headers: http2.OutgoingHttpHeaders = {},
): Promise<Heard2> {
  return hear2(connectHttp2(t, hub).request({ ':path': path, ...headers }, { endStream: true }));
}
