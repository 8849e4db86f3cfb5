import http2, { type ClientHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import tls, { type Server, type TLSSocket } from 'node:tls';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import { LISTEN_BACKLOG } from '../../../protocol/network/listen-backlog.js';
import { releaseOnClose } from '../../../protocol/network/release-on-close.js';
import { codeOf, type ProblemCode, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type TunnelProof, tunnelProofSchema } from '../../../protocol/tunnel/proof.js';
import { SESSION_LIMITS, TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import type { Logger } from '../host.js';
import { FairPlaces } from '../model/fair-places.js';
import type { Grant } from './credentials.js';
import { TunnelSession } from './session.js';

export interface TunnelListenerOptions {
  /** PEM of the tunnel's key and certificate; see `tunnel-identity.ts`. */
  readonly key: string;
  readonly certificate: string;
  readonly port: number;
  readonly bind: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Verifies a proof and spends its credential. @throws Problem `credential-…` */
  readonly admit: (proof: TunnelProof) => Grant;
  /** Attaches an admitted tunnel, or rejects it. @throws Problem `credential-revoked` */
  readonly register: (tunnel: TunnelSession) => void;
  readonly newId: () => string;
  /** File descriptor limit of the process: unproven connections get a quarter of it. Default: no limit. */
  readonly openFiles?: number;
}

/** An accepted connection that is not a tunnel yet. */
interface HalfOpen {
  /** The TCP socket: it owns the descriptor, whatever the state of TLS and HTTP/2. */
  readonly tcp: Socket;
  /** Frees the place and cancels the deadline, once it is a tunnel or closed. */
  readonly release: () => void;
}

/** Unproven connections: in total, and the share of one network (a site behind one NAT is one). */
const MAX_HALF_OPEN = 1024;
const NETWORK_SHARE = 1 / 8;
const DESCRIPTOR_SHARE = 1 / 4;
/** Deadline for everything up to the proof; the steps have their own deadlines. */
const HALF_OPEN_MS = 2 * TUNNEL.handshakeMs + TUNNEL.goodbyeMs;
const LOG_MS = 60_000;
const PROOF_CHECK_MS = 100;

/**
 * The TLS port agents dial. A connection goes through TLS 1.3 with our ALPN → HTTP/2 with the hub as client → the
 * agent's proof → registered tunnel. Any failure before the last step ends it.
 */
export class TunnelListener {
  readonly #options: TunnelListenerOptions;
  readonly #places: FairPlaces<Socket>;
  /** By `address port`: the TLS socket and the raw one below it share these. */
  readonly #halfOpen = new Map<string, HalfOpen>();
  readonly #loggedMs = new Map<string, number>();
  #server: Server | null = null;
  #port = 0;

  constructor(options: TunnelListenerOptions) {
    this.#options = options;
    const total = Math.max(
      8,
      Math.min(MAX_HALF_OPEN, Math.floor((options.openFiles ?? Number.POSITIVE_INFINITY) * DESCRIPTOR_SHARE)),
    );
    this.#places = new FairPlaces({
      total,
      perNetwork: Math.floor(total * NETWORK_SHARE),
      evict: (tcp) => {
        this.#logRefusal({ code: 'too-many-handshakes' satisfies ProblemCode, address: tcp.remoteAddress });
        tcp.destroy();
      },
    });
  }

  /** Starts listening; resolves to the port. */
  async start(): Promise<number> {
    const { key, certificate, port, bind } = this.#options;
    const server = tls.createServer({
      key,
      cert: certificate,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [TUNNEL_ALPN],
      handshakeTimeout: TUNNEL.handshakeMs,
    });
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#connected(socket));
    server.on('tlsClientError', (error, socket) => {
      this.#options.logger.debug({ code: codeOf(error) }, 'tunnel handshake failed');
      socket.destroy();
    });
    server.on('secureConnection', (socket) => void this.#secured(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, bind, LISTEN_BACKLOG, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    this.#port = (server.address() as AddressInfo).port;
    return this.#port;
  }

  /** The port that it listens on, or last did. */
  get port(): number {
    return this.#port;
  }

  /** Stops listening and closes connections that are not tunnels yet; safe to call twice. */
  stop(): void {
    // Do not wait for 'close': it fires after the last tunnel ends, and the registry closes those.
    this.#server?.close();
    this.#server = null;
    for (const tcp of this.#places) tcp.destroy();
  }

  #connected(tcp: Socket): void {
    const leave = this.#places.enter(tcp.remoteAddress ?? '', tcp);
    const cancelDeadline = this.#options.clock.after(HALF_OPEN_MS, () => tcp.destroy());
    const key = peerKey(tcp);
    const release = () => {
      leave();
      cancelDeadline();
      if (this.#halfOpen.get(key)?.tcp === tcp) this.#halfOpen.delete(key);
    };
    this.#halfOpen.set(key, { tcp, release });
    tcp.setNoDelay(true);
    // The end of the HTTP/2 or TLS session is not the end of the connection: only this frees its descriptor.
    tcp.once('close', release);
  }

  async #secured(socket: TLSSocket): Promise<void> {
    socket.on('error', () => socket.destroy());
    // Node accepts clients without any ALPN.
    if (socket.alpnProtocol !== TUNNEL_ALPN) {
      socket.destroy();
      return;
    }
    const halfOpen = this.#halfOpen.get(peerKey(socket));
    if (!halfOpen) {
      socket.destroy();
      return;
    }
    const { tcp, release } = halfOpen;
    const { clock, logger, admit, register, newId } = this.#options;
    const session = http2.connect('http://agent', {
      createConnection: () => socket,
      settings: { enablePush: false },
      ...SESSION_LIMITS,
    });
    releaseOnClose(session);
    session.on('error', (error) => logger.debug({ code: codeOf(error) }, 'tunnel session error'));
    session.on('stream', (stream) => stream.destroy());
    // Node stores every origin a server claims, for the life of the session. Deferred: the parser is still running.
    session.once('origin', () => setImmediate(() => socket.destroy()));
    try {
      const proof = await this.#requestProof(session, socket);
      const grant = admit(proof);
      const tunnel = new TunnelSession({
        id: newId(),
        grant,
        session,
        socket,
        wire: tcp,
        inactivityMs: proof.inactivityMs,
        clock,
        logger,
      });
      register(tunnel);
      release();
      tunnel.start();
    } catch (error) {
      const code = codeOf(error);
      this.#logRefusal({ code, address: socket.remoteAddress });
      if (!session.destroyed && !session.closed) session.goaway(0, 0, Buffer.from(code));
      session.destroy();
      // A session that the peer closed first ends only its own side, and would wait for the peer without limit.
      tcp.once(
        'close',
        clock.after(TUNNEL.goodbyeMs, () => tcp.destroy()),
      );
    }
  }

  /** Logs one line a minute per code, so that unknown callers cannot fill the log. */
  #logRefusal(fields: { code: string; address: string | undefined }): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    const isNew = now - (this.#loggedMs.get(fields.code) ?? Number.NEGATIVE_INFINITY) >= LOG_MS;
    if (isNew) this.#loggedMs.set(fields.code, now);
    logger[isNew ? 'warn' : 'debug'](fields, 'tunnel refused');
  }

  #requestProof(session: ClientHttp2Session, socket: TLSSocket): Promise<TunnelProof> {
    const { clock } = this.#options;
    return new Promise<TunnelProof>((resolve, reject) => {
      const fail = (code: ProblemCode, detail?: string) => reject(problem(code, { detail }));
      const cancelDeadline = clock.after(TUNNEL.handshakeMs, () => fail('proof-late'));
      const cancelCheck = clock.every(PROOF_CHECK_MS, () => {
        if (socket.bytesRead > TUNNEL.proofBytes) fail('proof-malformed', 'The proof is too large');
      });
      const stop = () => {
        cancelDeadline();
        cancelCheck();
      };
      session.once('close', () => {
        stop();
        fail('proof-missing');
      });
      const stream = session.request({ ':path': TUNNEL.credentialPath });
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on('error', () => fail('proof-missing', 'The agent reset the proof'));
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > TUNNEL.proofBytes) fail('proof-malformed', 'The proof is too large');
      });
      stream.once('end', () => {
        stop();
        const proof = tunnelProofSchema.safeParse(parseJson(Buffer.concat(chunks)));
        if (proof.success) resolve(proof.data);
        else if (size === 0) fail('proof-missing', 'The agent sent no proof');
        else fail('proof-malformed');
      });
    });
  }
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
