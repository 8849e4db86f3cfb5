import http2, { type ClientHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import tls, { type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../protocol/clock.js';
import { codeOf, EdgeError } from '../../../protocol/edge-error.js';
import { parseJson } from '../../../protocol/parse-json.js';
import { type TunnelProof, tunnelProofSchema } from '../../../protocol/tunnel/proof.js';
import { SESSION_LIMITS, TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { TUNNEL_ALPN } from '../../../protocol/version.js';
import type { Logger } from '../host.js';
import type { Grant } from './credential-desk.js';
import { Tunnel } from './tunnel.js';

export interface TunnelListenerOptions {
  /** PEM of the tunnel's key and certificate; see `tunnel-identity.ts`. */
  readonly key: string;
  readonly certificate: string;
  readonly port: number;
  readonly bind: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Verifies a proof and spends its credential. @throws EdgeError `credential-…` */
  readonly admit: (proof: TunnelProof) => Grant;
  /** Puts an admitted tunnel in its place, or refuses it. @throws EdgeError `credential-revoked` */
  readonly register: (tunnel: Tunnel) => void;
  readonly newId: () => string;
}

/** Connections that have not proven themselves: in all, and per address (a site behind one NAT is one). */
const MAX_HALF_OPEN = 1024;
const MAX_HALF_OPEN_PER_ADDRESS = 128;
const LOG_MS = 60_000;
const PROOF_CHECK_MS = 100;

/**
 * The TLS port agents dial. A connection's story: TLS 1.3 with our ALPN → HTTP/2 with the hub as
 * client → the agent's proof → registered tunnel. Whatever goes wrong before the last step ends it.
 */
export class TunnelListener {
  readonly #options: TunnelListenerOptions;
  /** By `address port`: the TLS socket and the raw one below it share these. */
  readonly #halfOpen = new Map<string, Socket>();
  readonly #loggedMs = new Map<string, number>();
  #server: Server | null = null;

  constructor(options: TunnelListenerOptions) {
    this.#options = options;
  }

  /** Listens; resolves to the port. */
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
      server.listen(port, bind, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    return (server.address() as AddressInfo).port;
  }

  /** Stops listening and ends connections that are not tunnels yet; safe to call twice. */
  stop(): void {
    // Nobody waits for its end: that comes after the last tunnel's, and those are the registry's to close.
    this.#server?.close();
    this.#server = null;
    for (const socket of this.#halfOpen.values()) socket.destroy();
  }

  #connected(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    let sameAddress = 0;
    for (const other of this.#halfOpen.values()) if (other.remoteAddress === address) sameAddress++;
    if (this.#halfOpen.size >= MAX_HALF_OPEN || sameAddress >= MAX_HALF_OPEN_PER_ADDRESS) {
      this.#logRefusal({ code: 'too-many-handshakes', address });
      socket.destroy();
      return;
    }
    const key = peerKey(socket);
    this.#halfOpen.set(key, socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      if (this.#halfOpen.get(key) === socket) this.#halfOpen.delete(key);
    });
  }

  async #secured(socket: TLSSocket): Promise<void> {
    socket.on('error', () => socket.destroy());
    // Node lets clients without any ALPN in.
    if (socket.alpnProtocol !== TUNNEL_ALPN) {
      socket.destroy();
      return;
    }
    const peer = peerKey(socket);
    const { clock, logger, admit, register, newId } = this.#options;
    const session = http2.connect('http://agent', {
      createConnection: () => socket,
      settings: { enablePush: false },
      ...SESSION_LIMITS,
    });
    session.on('error', (error) => logger.debug({ code: codeOf(error) }, 'tunnel session error'));
    session.on('stream', (stream) => stream.destroy());
    // Node keeps every origin a server claims, for as long as the session lives. In a turn of its own: the parser is at work.
    session.once('origin', () => setImmediate(() => socket.destroy()));
    try {
      const proof = await this.#askForProof(session, socket);
      const grant = admit(proof);
      const tunnel = new Tunnel({
        id: newId(),
        grant,
        session,
        socket,
        wire: this.#halfOpen.get(peer),
        inactivityMs: proof.inactivityMs,
        clock,
        logger,
      });
      register(tunnel);
      tunnel.start();
    } catch (error) {
      const code = codeOf(error);
      this.#logRefusal({ code, address: socket.remoteAddress });
      if (!session.destroyed && !session.closed) session.goaway(0, 0, Buffer.from(code));
      session.destroy();
    } finally {
      this.#halfOpen.delete(peer);
    }
  }

  /** A line a minute for each code: whoever reaches the port must not fill the log. */
  #logRefusal(fields: { code: string; address: string | undefined }): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    const isNew = now - (this.#loggedMs.get(fields.code) ?? Number.NEGATIVE_INFINITY) >= LOG_MS;
    if (isNew) this.#loggedMs.set(fields.code, now);
    logger[isNew ? 'warn' : 'debug'](fields, 'tunnel refused');
  }

  #askForProof(session: ClientHttp2Session, socket: TLSSocket): Promise<TunnelProof> {
    const { clock } = this.#options;
    return new Promise<TunnelProof>((resolve, reject) => {
      const fail = (code: string, message: string) => reject(new EdgeError(code, message, { status: 401 }));
      const cancelDeadline = clock.after(TUNNEL.handshakeMs, () =>
        fail('proof-late', 'No proof within 10 s'),
      );
      const cancelCheck = clock.every(PROOF_CHECK_MS, () => {
        if (socket.bytesRead > TUNNEL.proofBytes) fail('proof-malformed', 'The proof is too large');
      });
      const stop = () => {
        cancelDeadline();
        cancelCheck();
      };
      session.once('close', () => {
        stop();
        fail('proof-missing', 'The agent left before its proof');
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
        else if (size === 0) fail('proof-missing', 'The agent gave no proof');
        else fail('proof-malformed', 'The proof cannot be read');
      });
    });
  }
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
