import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import type { ServerCertificate } from '../../protocol/certificates/own-certificate.js';
import { LISTEN_BACKLOG } from '../../protocol/network/listen-backlog.js';
import { paceHandshakes } from '../../protocol/network/pace-handshakes.js';
import { releaseOnClose } from '../../protocol/network/release-on-close.js';
import { TCP_KEEP_ALIVE_MS } from '../../protocol/network/tcp-keep-alive.js';
import { type Clock, systemClock } from '../../protocol/time/clock.js';
import { answerMalformed } from './answer-malformed.js';
import { cutEndedSession } from './cut-ended-session.js';
import { ShortGets } from './short-gets.js';
import { watchSession } from './watch-session.js';

/** Request handlers. A request may be HTTP/2 or HTTP/1.1; an upgrade is HTTP/1.1 and must always be answered. */
export interface ServerHandlers {
  request(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Answers a short GET before Node's HTTP server sees it; false if it does not, with the exchange untouched. */
  shortGet?(head: CheckInHead, exchange: CheckInExchange): boolean;
}

const HANDSHAKE_MS = 10_000;
const HEADERS_MS = 60_000;
/** Longer than the usual 60 s of proxies, so that the hub never closes a connection that a proxy reuses. */
const KEEP_ALIVE_MS = 75_000;
const IDLE_SESSION_MS = 600_000;
/** An engine accepts 1 MiB. Queries hold filters and build arguments, X-Registry-Config the credentials of many registries. */
const MAX_HEADER_BYTES = 256 * 1024;
const MAX_STREAMS = 100;
/** In MB: 100 streams with 128 KB each, plus headroom. */
const MAX_SESSION_MEMORY = 32;
/** At most one a second, to clients that are disconnected if they answer none for 20 minutes. */
const MAX_OUTSTANDING_PINGS = 2_000;
/** Connections still open after this time are destroyed at stop. */
const GRACE_MS = 2_000;
/** Time for destroyed connections to close. */
const CUT_MS = 1_000;

/** Forward secrecy and authenticated encryption only (RFC 9325 section 4.2); those of TLS 1.3 are Node's own. */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':');

function secureOptions({ cert, key }: ServerCertificate) {
  return { cert, key, ciphers: CIPHERS, minVersion: 'TLSv1.2' } as const;
}

/** HTTP/2 and HTTP/1.1 over TLS on one port, upgrades included. No total time limits. */
export class HttpsServer {
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #idle = new Set<Duplex>();
  readonly #shortGets: ShortGets | null;
  /** Closes the connections that wait for their handshake. */
  readonly #endPending: () => void;
  readonly #idleSessionMs: number;
  readonly #clock: Clock;
  #stopped: Promise<void> | null = null;

  /**
   * @param idleSessionMs default 600000, see `watch-session.ts`
   * @param clock default: the system's
   */
  constructor(
    { cert, key }: ServerCertificate,
    handlers: ServerHandlers,
    idleSessionMs: number = IDLE_SESSION_MS,
    clock: Clock = systemClock,
  ) {
    this.#idleSessionMs = idleSessionMs;
    this.#clock = clock;
    this.#server = createSecureServer({
      ...secureOptions({ cert, key }),
      allowHTTP1: true,
      handshakeTimeout: HANDSHAKE_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      noDelay: true,
      maxSessionMemory: MAX_SESSION_MEMORY,
      maxOutstandingPings: MAX_OUTSTANDING_PINGS,
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
    });
    // A server with both versions ignores these as options, and uploads would end after 5 minutes.
    Object.assign(this.#server, {
      requestTimeout: 0,
      headersTimeout: HEADERS_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    this.#endPending = paceHandshakes(this.#server, clock, HANDSHAKE_MS);
    this.#shortGets = handlers.shortGet ? this.#readShortGets(handlers.shortGet) : null;
    this.#track();
    this.#server.on('request', handlers.request);
    this.#server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      // The HTTP parser removed its own listener; a reset must not end the process.
      socket.on('error', () => socket.destroy());
      this.#idle.delete(socket);
      // A client that has sent all its input still waits for the output: `echo x | docker exec -i`. Not an option of
      // the server, because an HTTP/2 session would then outlive a disconnected client.
      if (socket instanceof Socket) socket.allowHalfOpen = true;
      handlers.upgrade(req, socket, head);
    });
  }

  /** @returns the port in use, which matters if `port` is 0 */
  async start(port: number, bind: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, bind, LISTEN_BACKLOG, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#shortGets?.start();
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Uses another certificate for new connections; open ones stay. */
  renew({ cert, key }: ServerCertificate): void {
    this.#server.setSecureContext(secureOptions({ cert, key }));
  }

  /** Stops accepting, gives current responses two seconds to finish, then destroys the remaining connections. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#endPending();
    this.#shortGets?.stop();
    for (const session of this.#sessions) session.close();
    for (const socket of this.#idle) socket.destroy();
    const cancelCut = this.#clock.after(GRACE_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    // Do not wait for a connection whose descriptor the system does not close.
    let cancelLate = () => {};
    const late = new Promise<void>((resolve) => {
      cancelLate = this.#clock.after(GRACE_MS + CUT_MS, resolve);
    });
    await Promise.race([closed, late]);
    cancelCut();
    cancelLate();
  }

  /** Connections with HTTP/1.1 reach Node's HTTP server once they carry something else. */
  #readShortGets(answer: NonNullable<ServerHandlers['shortGet']>): ShortGets {
    const server = this.#server;
    const listeners = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
    server.removeAllListeners('secureConnection');
    const accept = (socket: TLSSocket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    const shortGets = new ShortGets({
      answer,
      handOver: (socket) => {
        accept(socket);
        this.#addIdle(socket);
      },
      keepAliveMs: KEEP_ALIVE_MS,
      clock: this.#clock,
    });
    server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') accept(socket);
      else shortGets.add(socket);
    });
    return shortGets;
  }

  #addIdle(socket: Socket): void {
    this.#idle.add(socket);
    socket.once('close', () => this.#idle.delete(socket));
  }

  #track(): void {
    let accepted: ServerHttp2Session | null = null;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      releaseOnClose(session);
      accepted = session;
    });
    this.#server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol === 'h2') {
        // Node's own listener ran first and created the session of this connection.
        if (accepted) {
          watchSession(accepted, socket, this.#idleSessionMs, this.#clock);
          cutEndedSession(accepted, socket, undefined, this.#clock);
        }
        accepted = null;
        return;
      }
      if (!this.#shortGets) this.#addIdle(socket);
    });
    this.#server.on('request', (req, res) => {
      if (req.httpVersionMajor !== 1) return;
      const { socket } = req;
      this.#idle.delete(socket);
      res.once('close', () => {
        if (this.#stopped) socket.end();
        else if (!socket.destroyed) this.#idle.add(socket);
      });
    });
    this.#server.on('clientError', (error, socket) => answerMalformed(error, socket, this.#clock));
  }
}
