import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { releaseOnClose } from '../../../protocol/network/release-on-close.js';
import { codeOf, Problem } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';
import { LinkMonitor } from '../../../protocol/tunnel/link-monitor.js';
import type { TunnelProof } from '../../../protocol/tunnel/proof.js';
import { StreamSocket } from '../../../protocol/tunnel/stream-socket.js';
import { SESSION_LIMITS, TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import type { Logger } from '../log.js';
import { IdleClock } from './idle-clock.js';

export interface AgentTunnelOptions {
  /** From `connectTunnel`; nothing has been written to it since the handshake. */
  readonly socket: TLSSocket;
  /** The connection below TLS: any byte on it is a sign of life. Default: `socket`. */
  readonly wire?: { readonly bytesRead: number } | undefined;
  readonly proof: TunnelProof;
  readonly dialEngine: () => Promise<Duplex>;
  /** Reports the engine's current place in the Swarm; resolves when the hub has it, or the report failed. Never rejects. */
  readonly report: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tunnel was idle for `proof.inactivityMs`. */
  readonly onIdle: () => void;
  /** The tunnel closed; the code is the reason: `idle`, `revoked`, `superseded`, `stopping`, `silent`, `lost`, … */
  readonly onClosed: (code: string) => void;
}

const { NGHTTP2_CANCEL, NGHTTP2_CONNECT_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR } = http2.constants;
const MAX_CODE_BYTES = 64;

/** The agent's end of a tunnel: an HTTP/2 server on a connection that the agent dialled. */
export class AgentTunnel {
  readonly #options: AgentTunnelOptions;
  readonly #session: ServerHttp2Session;
  readonly #monitor: LinkMonitor;
  readonly #idle: IdleClock;
  readonly #accepted: Promise<string>;
  /** CONNECT streams by their ids. */
  readonly #calls = new Map<number, ServerHttp2Stream>();
  #acceptId: (id: string) => void = () => undefined;
  #refuse: (error: Problem) => void = () => undefined;
  #id: string | null = null;
  #end: string | null = null;

  constructor(options: AgentTunnelOptions) {
    this.#options = options;
    const { socket, clock, proof } = options;
    this.#accepted = new Promise((resolve, reject) => {
      this.#acceptId = resolve;
      this.#refuse = reject;
    });
    this.#idle = new IdleClock({ clock, inactivityMs: proof.inactivityMs, onIdle: options.onIdle });
    this.#session = http2.performServerHandshake(socket, {
      settings: {
        initialWindowSize: TUNNEL.streamWindow,
        maxFrameSize: TUNNEL.maxFrameSize,
        maxConcurrentStreams: TUNNEL.maxStreams + 8,
      },
      ...SESSION_LIMITS,
    });
    releaseOnClose(this.#session);
    this.#monitor = new LinkMonitor({
      session: this.#session,
      socket,
      wire: options.wire ?? socket,
      clock,
      onFault: (fault) => this.close(fault),
    });
    this.#session.on('error', (error) => options.logger.debug({ err: error }, 'tunnel session error'));
    this.#session.on('goaway', (_code, _last, data) => this.#received(data));
    this.#session.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      this.#serve(stream, headers[':method'], headers[':path'], headers[':authority']);
    });
    this.#session.once('close', () => this.close('lost'));
    socket.once('close', () => this.close('lost'));
  }

  /** The hub's id of this tunnel; null until accepted. */
  get id(): string | null {
    return this.#id;
  }

  /**
   * Resolves to the tunnel's id when the hub accepted the proof.
   * @throws Problem with the hub's code, such as `credential-…`; `tunnel-lost`, `tunnel-handshake`
   */
  async accepted(): Promise<string> {
    const cancel = this.#options.clock.after(2 * TUNNEL.handshakeMs, () => this.close('tunnel-handshake'));
    try {
      this.#id = await this.#accepted;
    } finally {
      cancel();
    }
    this.#monitor.start();
    this.#idle.touch();
    return this.#id;
  }

  /** Restarts the idle time. */
  touch(): void {
    this.#idle.touch();
  }

  /** Ends the tunnel and its streams; the first code counts. */
  close(code: string): void {
    if (this.#end !== null) return;
    this.#end = code;
    this.#monitor.stop();
    this.#idle.stop();
    if (!this.#session.destroyed) {
      if (!this.#session.closed) this.#session.goaway(NGHTTP2_NO_ERROR, 0, Buffer.from(code));
      this.#session.destroy();
    }
    const { socket, clock } = this.#options;
    socket.destroySoon();
    // A hub that does not read would otherwise hold the connection until TCP gives up.
    if (!socket.destroyed)
      socket.once(
        'close',
        clock.after(TUNNEL.goodbyeMs, () => socket.destroy()),
      );
    const refusal = code === 'lost' ? 'tunnel-lost' : code;
    this.#refuse(new Problem(refusal, `The hub did not accept the tunnel (${code})`));
    // Prevents an unhandled rejection after acceptance.
    this.#accepted.catch(() => undefined);
    this.#options.onClosed(code);
  }

  #received(data: Uint8Array | undefined): void {
    const code = Buffer.from(data ?? [])
      .subarray(0, MAX_CODE_BYTES)
      .toString('latin1');
    this.close(/^[a-z][a-z-]*$/.test(code) ? code : 'lost');
  }

  #serve(
    stream: ServerHttp2Stream,
    method: string | undefined,
    path: string | undefined,
    authority: string | undefined,
  ): void {
    // A stream that was already reset is still emitted, and answering it would throw.
    if (!isOpen(stream)) return;
    // No need to wait for `accepted`: the hub is authenticated by the pin.
    if (method === 'CONNECT' && authority === TUNNEL.engineAuthority) {
      void this.#connect(stream);
    } else if (method === 'GET' && path === TUNNEL.credentialPath) {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(JSON.stringify(this.#options.proof));
    } else if (method === 'POST' && path === TUNNEL.acceptedPath) {
      this.#accept(stream);
    } else if (method === 'POST' && path?.startsWith(TUNNEL.resetPath)) {
      this.#calls.get(Number(path.slice(TUNNEL.resetPath.length)))?.close(NGHTTP2_CANCEL);
      stream.respond({ ':status': 204 }, { endStream: true });
    } else if (method === 'POST' && path === TUNNEL.keepAlivePath) {
      this.touch();
      stream.respond({ ':status': 204 }, { endStream: true });
    } else if (method === 'POST' && path === TUNNEL.reportPath) {
      void this.#options.report().then(() => {
        if (isOpen(stream)) stream.respond({ ':status': 204 }, { endStream: true });
      });
    } else {
      stream.close(NGHTTP2_REFUSED_STREAM);
    }
  }

  #accept(stream: ServerHttp2Stream): void {
    let id = '';
    stream.setEncoding('latin1');
    stream.on('data', (chunk: string) => {
      if (id.length <= MAX_CODE_BYTES) id += chunk;
    });
    stream.on('end', () => {
      this.#id = id;
      this.#acceptId(id);
      if (isOpen(stream)) stream.respond({ ':status': 204 }, { endStream: true });
    });
  }

  async #connect(stream: ServerHttp2Stream): Promise<void> {
    const leave = this.#idle.enter();
    stream.once('close', leave);
    this.#monitor.watch(stream);
    const { id } = stream;
    if (id !== undefined) {
      this.#calls.set(id, stream);
      stream.once('close', () => this.#calls.delete(id));
    }
    try {
      const engine = await this.#options.dialEngine();
      if (!isOpen(stream)) {
        engine.destroy();
        return;
      }
      stream.respond({ ':status': 200 });
      await joinStreams(new StreamSocket(stream), engine);
    } catch (error) {
      this.#options.logger.warn({ code: codeOf(error) }, 'a call could not reach the engine');
      if (!stream.destroyed) stream.close(NGHTTP2_CONNECT_ERROR);
    }
  }
}

function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed;
}
