import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { codeOf } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { BulkPipe } from '../../../protocol/tunnel/bulk-pipe.js';
import { type TunnelEnd, tunnelEndOf } from '../../../protocol/tunnel/end.js';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';
import { LinkMonitor } from '../../../protocol/tunnel/link-monitor.js';
import { SharedWire } from '../../../protocol/tunnel/shared-wire.js';
import { StreamSocket } from '../../../protocol/tunnel/stream-socket.js';
import type { TunnelPath } from '../../../protocol/tunnel/tunnel-path.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { BULK_ALPN } from '../../../protocol/version.js';
import type { Logger } from '../log.js';
import { BulkConnections } from './bulk-connections.js';
import { IdleTimer } from './idle-timer.js';
import type { Transport } from './transport/transport.js';

export interface TunnelSessionOptions {
  readonly transport: Transport;
  readonly http2: ServerHttp2Session;
  readonly inactivityMs: number;
  readonly dialEngine: () => Promise<Duplex>;
  /** Opens a connection to the hub, which is authenticated afterwards. */
  readonly dial: (alpn: string, path?: TunnelPath) => Promise<Transport>;
  /** Reports the engine's current place in the Swarm; resolves when the hub has it, or the report failed. Never rejects. */
  readonly report: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tunnel was idle for `inactivityMs`. */
  readonly onIdle: (tunnel: TunnelSession) => void;
  /** The tunnel, which was open, has ended. */
  readonly onEnd: (tunnel: TunnelSession, end: TunnelEnd) => void;
}

const { NGHTTP2_CANCEL, NGHTTP2_CONNECT_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR } = constants;

/** How long an engine may take to read the rest of an upload whose answer the hub has, ms. */
const UNWANTED_REST_MS = 10_000;

/** The agent's end of a tunnel: an HTTP/2 server on a connection that the agent dialled. `openTunnel` creates it. */
export class TunnelSession {
  readonly #options: TunnelSessionOptions;
  readonly #monitor: LinkMonitor;
  readonly #idle: IdleTimer;
  readonly #bulk: BulkConnections;
  /** CONNECT streams by their ids. */
  readonly #calls = new Map<number, ServerHttp2Stream>();
  /** Null until the hub has accepted the tunnel. */
  #id: string | null = null;
  #hasEnded = false;

  constructor(options: TunnelSessionOptions) {
    this.#options = options;
    const { transport, http2, clock, inactivityMs, logger } = options;
    this.#idle = new IdleTimer({ clock, inactivityMs, onIdle: () => options.onIdle(this) });
    this.#bulk = new BulkConnections({ dial: () => options.dial(BULK_ALPN, transport.path) });
    const bulk = this.#bulk;
    this.#monitor = new LinkMonitor({
      session: http2,
      socket: transport.socket,
      wire: new SharedWire(transport.wire, () => bulk.bytesRead, clock),
      clock,
      onFault: (fault) => this.close(fault),
    });
    http2.on('error', (error) => logger.debug({ err: error }, 'tunnel session error'));
    http2.once('close', () => this.close('lost'));
    transport.socket.once('close', () => this.close('lost'));
  }

  /** The hub's id of this tunnel; empty until it has started. */
  get id(): string {
    return this.#id ?? '';
  }

  get path(): TunnelPath {
    return this.#options.transport.path;
  }

  /** The hub has accepted the tunnel under this id. */
  start(id: string): void {
    this.#id = id;
    this.#options.http2.once('goaway', (_code, _last, data) => {
      this.close(tunnelEndOf(Buffer.from(data ?? []).toString('latin1')));
    });
    this.#monitor.start();
    this.#idle.touch();
  }

  /** Restarts the idle time. */
  touch(): void {
    this.#idle.touch();
  }

  /** Ends the tunnel and its streams; the first end counts. */
  close(end: TunnelEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#monitor.stop();
    this.#idle.stop();
    this.#bulk.close();
    const { transport, http2, clock, onEnd } = this.#options;
    const { socket } = transport;
    if (!http2.destroyed) {
      if (!http2.closed) http2.goaway(NGHTTP2_NO_ERROR, 0, Buffer.from(end));
      http2.destroy();
    }
    socket.destroySoon();
    // A hub that does not read would otherwise hold the connection until TCP gives up.
    if (!socket.destroyed)
      socket.once(
        'close',
        clock.after(TUNNEL.goodbyeMs, () => socket.destroy()),
      );
    if (this.#id !== null) onEnd(this, end);
  }

  /** Answers a request of the hub. The stream is open, and its errors are handled. */
  serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { ':method': method, ':path': path, ':authority': authority } = headers;
    if (method === 'CONNECT' && authority === TUNNEL.engineAuthority) {
      void this.#connect(stream, headers);
    } else if (method === 'POST' && path?.startsWith(TUNNEL.resetPath)) {
      this.#calls.get(Number(path.slice(TUNNEL.resetPath.length)))?.close(NGHTTP2_CANCEL);
      stream.respond({ ':status': 204 }, { endStream: true });
    } else if (method === 'POST' && path === TUNNEL.keepAlivePath) {
      this.touch();
      stream.respond({ ':status': 204 }, { endStream: true });
    } else if (method === 'POST' && path?.startsWith(TUNNEL.bulkPath)) {
      void this.#openBulk(stream, path.slice(TUNNEL.bulkPath.length));
    } else if (method === 'POST' && path === TUNNEL.reportPath) {
      void this.#options.report().then(() => {
        if (isOpen(stream)) stream.respond({ ':status': 204 }, { endStream: true });
      });
    } else {
      stream.close(NGHTTP2_REFUSED_STREAM);
    }
  }

  async #connect(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const leave = this.#idle.enter();
    let endedMs: number | undefined;
    // After a reset, use ended now.
    stream.once('close', () => leave(stream.rstCode === NGHTTP2_NO_ERROR ? endedMs : undefined));
    this.#monitor.watch(stream);
    const { id } = stream;
    if (id !== undefined) {
      this.#calls.set(id, stream);
      stream.once('close', () => this.#calls.delete(id));
    }
    const number = String(headers[TUNNEL.bulkHeader] ?? '');
    const bulk = this.#bulk.take(number);
    let engine: Duplex;
    try {
      engine = await this.#options.dialEngine();
    } catch (error) {
      this.#options.logger.warn({ code: codeOf(error) }, 'a call could not reach the engine');
      bulk?.release('reusable');
      if (!stream.destroyed) stream.close(NGHTTP2_CONNECT_ERROR);
      return;
    }
    if (!isOpen(stream)) {
      engine.destroy();
      bulk?.release('broken');
      return;
    }
    stream.respond({ ':status': 200, ...(bulk && { [TUNNEL.bulkHeader]: number }) });
    const control = new StreamSocket(stream);
    const socket = bulk
      ? new BulkPipe({
          control,
          connection: bulk.socket,
          onRelease: (state) => bulk.release(state),
          clock: this.#options.clock,
          restMs: UNWANTED_REST_MS,
        })
      : control;
    const joined = joinStreams(socket, engine);
    if (headers[TUNNEL.keptHeader] !== undefined) {
      this.#onUnusedEnd(socket, engine, (lastByteMs) => {
        endedMs = lastByteMs;
      });
    }
    await joined;
  }

  /** Dials a bulk connection under the hub's number, with the token in the request. */
  async #openBulk(stream: ServerHttp2Stream, number: string): Promise<void> {
    let token = '';
    try {
      for await (const chunk of stream) {
        token += chunk;
        if (token.length > TUNNEL.bulkTokenBytes) throw new Error('The token is too long');
      }
      await this.#bulk.open(number, token);
      if (isOpen(stream)) stream.respond({ ':status': 204 }, { endStream: true });
    } catch (error) {
      this.#options.logger.debug({ code: codeOf(error) }, 'a bulk connection could not be opened');
      if (!stream.destroyed) stream.close(NGHTTP2_CANCEL);
    }
  }

  /** Calls `onEnd` with the time of the last byte if the hub ends a stream before the engine does: it was only kept. */
  #onUnusedEnd(socket: Duplex, engine: Duplex, onEnd: (lastByteMs: number) => void): void {
    const { clock } = this.#options;
    let lastByteMs = clock.monotonic();
    const moved = () => {
      lastByteMs = clock.monotonic();
    };
    socket.on('data', moved);
    engine.on('data', moved);
    socket.once('end', () => {
      if (!engine.readableEnded) onEnd(lastByteMs);
    });
  }
}

/** Whether a stream can still be answered. */
export function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed;
}
