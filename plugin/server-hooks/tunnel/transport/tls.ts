import type { AddressInfo, Socket } from 'node:net';
import tls, { type Server, type TLSSocket } from 'node:tls';
import { LISTEN_BACKLOG } from '../../../../protocol/network/listen-backlog.js';
import { codeOf } from '../../../../protocol/problems.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { BULK_ALPN, TUNNEL_ALPN } from '../../../../protocol/version.js';
import type { Logger } from '../../host.js';
import type { HalfOpenConnections } from '../half-open.js';
import type { IncomingTransport } from './incoming.js';

export interface TlsListenerOptions {
  /** PEM of the tunnel's key and certificate; see `identity.ts`. */
  readonly key: string;
  readonly certificate: string;
  readonly port: number;
  readonly bind: string;
  readonly logger: Logger;
  readonly halfOpen: HalfOpenConnections;
  /** An agent has connected with TLS 1.3 and our ALPN. Nothing else is known of it. */
  readonly onTransport: (transport: IncomingTransport) => void;
  /** The same with the ALPN of bulk connections. */
  readonly onBulk: (transport: IncomingTransport) => void;
}

/** An accepted TCP connection and the release of its place. */
type Accepted = Pick<IncomingTransport, 'wire' | 'release'>;

/** The tunnel port that agents dial. */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  /** By `address port`: the TLS socket and the raw one below it share these. */
  readonly #accepted = new Map<string, Accepted>();
  #server: Server | null = null;
  #port = 0;

  constructor(options: TlsListenerOptions) {
    this.#options = options;
  }

  /** Starts listening; resolves to the port. */
  async start(): Promise<number> {
    const { key, certificate, port, bind, logger } = this.#options;
    const server = tls.createServer({
      key,
      cert: certificate,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [TUNNEL_ALPN, BULK_ALPN],
      handshakeTimeout: TUNNEL.handshakeMs,
    });
    this.#server = server;
    server.on('connection', (tcp: Socket) => this.#connected(tcp));
    server.on('tlsClientError', (error, socket) => {
      logger.debug({ code: codeOf(error) }, 'tunnel handshake failed');
      socket.destroy();
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
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
    // Do not wait for 'close': it fires after the last tunnel ends, and the live environments close those.
    this.#server?.close();
    this.#server = null;
    this.#options.halfOpen.close();
  }

  #connected(tcp: Socket): void {
    const key = peerKey(tcp);
    const leave = this.#options.halfOpen.enter(tcp);
    const accepted: Accepted = {
      wire: tcp,
      release: () => {
        leave();
        if (this.#accepted.get(key) === accepted) this.#accepted.delete(key);
      },
    };
    this.#accepted.set(key, accepted);
    tcp.setNoDelay(true);
    // The end of the HTTP/2 or TLS session is not the end of the connection: only this frees its descriptor.
    tcp.once('close', accepted.release);
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    const accepted = this.#accepted.get(peerKey(socket));
    const { onTransport, onBulk } = this.#options;
    const alpn = socket.alpnProtocol;
    // Node accepts clients without any ALPN.
    const use = alpn === TUNNEL_ALPN ? onTransport : alpn === BULK_ALPN ? onBulk : null;
    if (accepted && use) use({ ...accepted, socket, address: socket.remoteAddress });
    else socket.destroy();
  }
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
