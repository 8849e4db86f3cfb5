import { setMaxListeners } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import { LinkMonitor } from '../../../protocol/tunnel/link-monitor.js';
import { StreamSocket } from '../../../protocol/tunnel/stream-socket.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import type { Grant } from './credentials.js';
import { TunnelReports } from './reports.js';
import { EngineAgent } from './streams/engine-agent.js';
import { ResetBudget } from './streams/reset-budget.js';

/** An agent's connection to the hub. */
export interface Transport {
  /** Carries HTTP/2. */
  readonly socket: Duplex & Pick<Socket, 'bytesRead' | 'bytesWritten'>;
  /** The connection below TLS: any byte on it is a sign of life. */
  readonly wire: { readonly bytesRead: number };
}

/** Bytes of a tunnel, HTTP/2 frames included. */
export interface TunnelTraffic {
  readonly received: number;
  readonly sent: number;
}

export interface TunnelSessionOptions {
  readonly id: string;
  readonly grant: Grant;
  readonly transport: Transport;
  readonly http2: ClientHttp2Session;
  /** The agent's idle time, ms. */
  readonly inactivityMs: number;
  readonly clock: Clock;
}

const { NGHTTP2_NO_ERROR, NGHTTP2_CONNECT_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL } = constants;

const CONNECT = { ':method': 'CONNECT', ':authority': TUNNEL.engineAuthority };
const KEPT_CONNECT = { ...CONNECT, [TUNNEL.keptHeader]: '1' };

/** The hub's end of a tunnel: an HTTP/2 client on a connection that an agent dialled and authenticated. */
export class TunnelSession {
  readonly id: string;
  readonly grant: Grant;
  readonly inactivityMs: number;
  /** Wall clock, ms. */
  readonly openedAtMs: number;
  /** Connections for `node:http` through this tunnel only. */
  readonly connections: EngineAgent;
  /** Aborts when the tunnel ends; its reason is a Problem. */
  readonly closed: AbortSignal;
  readonly #options: TunnelSessionOptions;
  readonly #controller = new AbortController();
  readonly #monitor: LinkMonitor;
  readonly #resets: ResetBudget;
  /** CONNECT streams. */
  readonly #streams = new Set<ClientHttp2Stream>();
  readonly #reports: TunnelReports;
  #isNotifying = false;
  #end: TunnelEnd | null = null;

  constructor(options: TunnelSessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.grant = options.grant;
    this.inactivityMs = options.inactivityMs;
    this.openedAtMs = options.clock.now();
    this.closed = this.#controller.signal;
    // Each call adds a listener, and calls are bounded elsewhere: more than ten are not a leak.
    setMaxListeners(0, this.closed);
    // Half: an idle tunnel closes when it would without kept streams.
    const keepMs = Math.min(TUNNEL.keepMs, this.inactivityMs / 2);
    this.connections = new EngineAgent({ dial: (isKept) => this.dial(isKept), clock: options.clock, keepMs });
    this.#resets = new ResetBudget(options.clock);
    this.#reports = new TunnelReports({
      clock: options.clock,
      resets: this.#resets,
      closed: this.closed,
      ask: () => this.#notify(TUNNEL.reportPath, ''),
    });
    this.#monitor = new LinkMonitor({
      session: options.http2,
      ...options.transport,
      clock: options.clock,
      onFault: (fault) => this.close(fault),
    });
  }

  /** Why it ended; null while it is open. */
  get end(): TunnelEnd | null {
    return this.#end;
  }

  get traffic(): TunnelTraffic {
    const { bytesRead, bytesWritten } = this.#options.transport.socket;
    return { received: bytesRead, sent: bytesWritten };
  }

  /**
   * Raises the windows from proof to working size, starts monitoring the link, and notifies the agent that it is
   * accepted. A connection that died meanwhile ends the tunnel as `lost`.
   */
  start(): void {
    const { http2 } = this.#options;
    if (this.#end) return;
    if (http2.closed || http2.destroyed) {
      this.close('lost');
      return;
    }
    http2.once('close', () => this.close('lost'));
    // After GOAWAY it accepts no more calls; those need another tunnel.
    http2.once('goaway', () => this.close('lost'));
    http2.settings({ initialWindowSize: TUNNEL.streamWindow, maxFrameSize: TUNNEL.maxFrameSize });
    this.#monitor.start();
    this.#notify(TUNNEL.acceptedPath, this.id);
  }

  /**
   * Opens a byte pipe to the engine.
   * @param isKept it may carry several calls, and none of them becomes a pipe
   * @throws Problem `engine-unreachable` (502), `dial-timeout` (504), `too-many-streams` (503),
   *   `tunnel-lost` (502), `tunnel-closed` (503)
   */
  dial(isKept = false): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (this.#streams.size >= TUNNEL.maxStreams && !this.connections.giveWay()) throw tooManyStreams();
      const stream = this.#request(isKept ? KEPT_CONNECT : CONNECT);
      this.#streams.add(stream);
      const cancel = this.#options.clock.after(TUNNEL.dialMs, () => {
        reject(problem('dial-timeout'));
        this.#resets.cancel(stream);
      });
      this.#monitor.watch(stream);
      stream.once('response', (headers) => {
        cancel();
        if (headers[':status'] === 200)
          resolve(new StreamSocket(stream, (error) => this.#reset(stream, error)));
        else stream.close(NGHTTP2_CONNECT_ERROR);
      });
      stream.once('close', () => {
        this.#streams.delete(stream);
        cancel();
        // A GOAWAY refuses streams as well.
        const code = this.#options.http2.closed ? NGHTTP2_CANCEL : (stream.rstCode ?? NGHTTP2_CANCEL);
        reject(this.#end ? this.closed.reason : dialError(code));
      });
      stream.on('error', () => undefined);
    });
  }

  /** Notifies the agent that an operator is present. Never throws: a failing link ends by itself. */
  keepAlive(): void {
    // One unanswered keep-alive is enough, so that a silent agent cannot pile them up here.
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    this.#notify(TUNNEL.keepAlivePath, '')?.once('close', () => {
      this.#isNotifying = false;
    });
  }

  /** Asks the agent to report its engine's place in the Swarm as it is now; see {@link TunnelReports.report}. */
  report(): Promise<void> {
    return this.#reports.report();
  }

  /** Ends the tunnel and all its streams immediately; the first reason counts. */
  close(end: TunnelEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#monitor.stop();
    this.connections.destroy();
    // Deferred: if a frame caused this call (such as a dial that a GOAWAY refused), the parser is still processing the
    // session, and destroying it then makes Node hang or crash.
    setImmediate(() => this.#disconnect(end));
    this.#controller.abort(
      problem(end === 'revoked' ? 'tunnel-closed' : 'tunnel-lost', {
        detail: end === 'revoked' ? 'The tunnel was closed' : `The tunnel ended (${end})`,
      }),
    );
  }

  /** Resets a stream; beyond the reset budget, asks the agent to reset it. */
  #reset(stream: ClientHttp2Stream, error: Error | null): void {
    if (this.#resets.spend()) stream.destroy(error ?? new Error('The rest of the answer was discarded'));
    else this.#notify(`${TUNNEL.resetPath}${stream.id}`, '');
  }

  /**
   * Ends the streams, sends the reason, and closes once it is sent: destroying a session with pending writes drops
   * them, and destroying a connection with unread bytes resets it, which overtakes the reason.
   */
  #disconnect(end: TunnelEnd): void {
    const { transport, http2, clock } = this.#options;
    const { socket } = transport;
    const cut = () => {
      http2.destroy();
      socket.destroy();
    };
    if (!http2.destroyed && !http2.closed) http2.goaway(NGHTTP2_NO_ERROR, 0, Buffer.from(end));
    // A flooding agent gets no goodbye.
    if (http2.destroyed || end === 'flooding') {
      cut();
      return;
    }
    socket.once('close', clock.after(TUNNEL.goodbyeMs, cut));
    for (const stream of this.#streams) stream.destroy(this.closed.reason);
    http2.close();
  }

  #notify(path: string, body: string): ClientHttp2Stream | null {
    const { http2 } = this.#options;
    if (http2.closed || http2.destroyed) return null;
    const stream = http2.request({ ':method': 'POST', ':path': path });
    stream.on('error', () => undefined);
    stream.resume();
    stream.end(body);
    return stream;
  }

  #request(headers: Record<string, string>): ClientHttp2Stream {
    if (this.#end) throw this.closed.reason;
    try {
      return this.#options.http2.request(headers);
    } catch (cause) {
      // Thrown after GOAWAY or on a destroyed session.
      throw problem('tunnel-lost', { cause });
    }
  }
}

function dialError(code: number): Problem {
  switch (code) {
    case NGHTTP2_CONNECT_ERROR:
      return problem('engine-unreachable');
    case NGHTTP2_REFUSED_STREAM:
      return tooManyStreams();
    default:
      return problem('tunnel-lost');
  }
}

function tooManyStreams(): Problem {
  return problem('too-many-streams', { retryAfterSeconds: 1 });
}
