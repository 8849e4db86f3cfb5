import tls, { type Server, type TLSSocket } from 'node:tls';
import { codeOf } from '../../../../protocol/problems.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { BULK_ALPN, TUNNEL_ALPN } from '../../../../protocol/version.js';
import type { Logger } from '../../host.js';
import type { IncomingTransport } from './incoming.js';

export interface AgentTlsOptions {
  /** PEM of the tunnel's key and certificate; see `identity.ts`. */
  readonly key: string;
  readonly certificate: string;
  readonly logger: Logger;
  /** An agent has connected with TLS 1.3 and our ALPN. Nothing else is known of it. */
  readonly onTransport: (transport: IncomingTransport) => void;
  /** The same with the ALPN of bulk connections. */
  readonly onBulk: (transport: IncomingTransport) => void;
}

/** TLS between agents and the hub, by whatever path a connection arrives. */
export class AgentTls {
  readonly #options: AgentTlsOptions;

  constructor(options: AgentTlsOptions) {
    this.#options = options;
  }

  /** A server that does not listen yet. It ends failed handshakes by itself. */
  createServer(): Server {
    const { key, certificate, logger } = this.#options;
    const server = tls.createServer({
      key,
      cert: certificate,
      minVersion: 'TLSv1.3',
      ALPNProtocols: [TUNNEL_ALPN, BULK_ALPN],
      handshakeTimeout: TUNNEL.handshakeMs,
    });
    return server.on('tlsClientError', (error, socket) => {
      logger.debug({ code: codeOf(error) }, 'tunnel handshake failed');
      socket.destroy();
    });
  }

  /** Passes a connection on after its handshake, or ends it. */
  secured(socket: TLSSocket, connection: Omit<IncomingTransport, 'socket'> | undefined): void {
    socket.on('error', () => socket.destroy());
    const { onTransport, onBulk } = this.#options;
    const alpn = socket.alpnProtocol;
    // Node accepts clients without any ALPN.
    const use = alpn === TUNNEL_ALPN ? onTransport : alpn === BULK_ALPN ? onBulk : null;
    if (connection && use) use({ ...connection, socket });
    else socket.destroy();
  }
}
