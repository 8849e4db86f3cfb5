import { setMaxListeners } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import { LinkMonitor } from '../../../protocol/tunnel/link-monitor.js';
import { SharedWire } from '../../../protocol/tunnel/shared-wire.js';
import type { TunnelPath } from '../../../protocol/tunnel/tunnel-path.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { BulkConnections } from './bulk/connections.js';
import type { BulkOffers } from './bulk/offers.js';
import type { Grant } from './credentials.js';
import { TunnelReports } from './reports.js';
import { EngineAgent } from './streams/engine-agent.js';
import { EngineStreams, type PipeUse } from './streams/engine-streams.js';
import { ResetBudget } from './streams/reset-budget.js';
import type { Transport } from './transport/incoming.js';

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
  /** Default: no bulk connections. */
  readonly offers?: BulkOffers;
}

const { NGHTTP2_NO_ERROR } = constants;

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
  readonly #streams: EngineStreams;
  readonly #bulk: BulkConnections | null;
  readonly #reports: TunnelReports;
  #isNotifying = false;
  #end: TunnelEnd | null = null;

  constructor(options: TunnelSessionOptions) {
    this.#options = options;
    const { socket, wire } = options.transport;
    this.id = options.id;
    this.grant = options.grant;
    this.inactivityMs = options.inactivityMs;
    this.openedAtMs = options.clock.now();
    this.closed = this.#controller.signal;
    // Each call adds a listener, and calls are bounded elsewhere: more than ten are not a leak.
    setMaxListeners(0, this.closed);
    // Half: an idle tunnel closes when it would without kept streams.
    const keepMs = Math.min(TUNNEL.keepMs, this.inactivityMs / 2);
    this.connections = new EngineAgent({
      dial: (isKept) => this.dial(isKept ? 'kept' : 'single'),
      clock: options.clock,
      keepMs,
    });
    this.#resets = new ResetBudget(options.clock);
    this.#reports = new TunnelReports({
      clock: options.clock,
      resets: this.#resets,
      closed: this.closed,
      ask: () => this.#notify(TUNNEL.reportPath, ''),
    });
    this.#bulk = options.offers
      ? new BulkConnections({
          offers: options.offers,
          clock: options.clock,
          keepMs: Math.min(TUNNEL.bulkKeepMs, this.inactivityMs / 2),
          ask: (number, token) => this.#notify(`${TUNNEL.bulkPath}${number}`, token),
        })
      : null;
    const bulk = this.#bulk;
    this.#monitor = new LinkMonitor({
      session: options.http2,
      socket,
      wire: new SharedWire(wire, () => bulk?.traffic.received ?? 0, options.clock),
      clock: options.clock,
      onFault: (fault) => this.close(fault),
    });
    this.#streams = new EngineStreams({
      http2: options.http2,
      monitor: this.#monitor,
      resets: this.#resets,
      bulk: this.#bulk,
      clock: options.clock,
      closed: this.closed,
      giveWay: () => this.connections.giveWay(),
      askForReset: (id) => this.#notify(`${TUNNEL.resetPath}${id}`, ''),
    });
  }

  get path(): TunnelPath {
    return this.#options.transport.path;
  }

  /** Why it ended; null while it is open. */
  get end(): TunnelEnd | null {
    return this.#end;
  }

  get traffic(): TunnelTraffic {
    const { bytesRead, bytesWritten } = this.#options.transport.socket;
    const { received, sent } = this.#bulk?.traffic ?? { received: 0, sent: 0 };
    return { received: bytesRead + received, sent: bytesWritten + sent };
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
   * @throws Problem see {@link EngineStreams.dial}
   */
  dial(use: PipeUse = 'single'): Promise<Duplex> {
    return this.#streams.dial(use);
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
    this.#bulk?.close();
    // Deferred: if a frame caused this call (such as a dial that a GOAWAY refused), the parser is still processing the
    // session, and destroying it then makes Node hang or crash.
    setImmediate(() => this.#disconnect(end));
    this.#controller.abort(
      problem(end === 'revoked' ? 'tunnel-closed' : 'tunnel-lost', {
        detail: end === 'revoked' ? 'The tunnel was closed' : `The tunnel ended (${end})`,
      }),
    );
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
    this.#streams.destroy(this.closed.reason);
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
}
