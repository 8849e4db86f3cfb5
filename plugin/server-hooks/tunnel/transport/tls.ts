import type { AddressInfo, Socket } from 'node:net';
import type { Server } from 'node:tls';
import { LISTEN_BACKLOG } from '../../../../protocol/network/listen-backlog.js';
import type { HalfOpenConnections } from '../half-open.js';
import type { AgentTls } from './agent-tls.js';
import type { IncomingTransport } from './incoming.js';

export interface TlsListenerOptions {
  readonly tls: AgentTls;
  readonly port: number;
  readonly bind: string;
  readonly halfOpen: HalfOpenConnections;
}

/** An accepted TCP connection. */
type Accepted = Omit<IncomingTransport, 'socket'>;

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
    const { tls, port, bind } = this.#options;
    const server = tls.createServer();
    this.#server = server;
    server.on('connection', (tcp: Socket) => this.#connected(tcp));
    server.on('secureConnection', (socket) => tls.secured(socket, this.#accepted.get(peerKey(socket))));
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

  /** Stops listening; safe to call twice. */
  stop(): void {
    // Do not wait for 'close': it fires after the last tunnel ends, and the live environments close those.
    this.#server?.close();
    this.#server = null;
    this.#options.halfOpen.close();
  }

  #connected(tcp: Socket): void {
    const key = peerKey(tcp);
    const address = tcp.remoteAddress;
    const leave = this.#options.halfOpen.enter({ wire: tcp, address });
    const accepted: Accepted = {
      wire: tcp,
      path: 'tunnel-port',
      address,
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
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
