import type { Duplex } from 'node:stream';
import type { Server, TLSSocket } from 'node:tls';
import type { Clock } from '../../../../protocol/time/clock.js';
import { WebSocketStream } from '../../../../protocol/tunnel/web-socket/stream.js';
import type { HalfOpenConnections } from '../half-open.js';
import type { AgentTls } from './agent-tls.js';

export interface WebSocketsOptions {
  readonly tls: AgentTls;
  readonly halfOpen: HalfOpenConnections;
  readonly clock: Clock;
}

/** A server costs 37 KiB: more handshakes at a time create theirs. */
const MAX_UNUSED = 16;

/** Tunnels inside WebSockets, which arrive as requests to the API. */
export class WebSockets {
  readonly #options: WebSocketsOptions;
  /** Unused servers. `secureConnection` does not say which stream it secured, so each has one handshake at a time. */
  readonly #servers: Server[] = [];

  constructor(options: WebSocketsOptions) {
    this.#options = options;
  }

  /** Performs TLS on an upgraded connection, as on one to the tunnel port. */
  accept(socket: Duplex, head: Buffer, address: string | undefined): void {
    const { tls, halfOpen, clock } = this.#options;
    const wire = new WebSocketStream({ socket, head, side: 'server', clock });
    const release = halfOpen.enter({ wire, address });
    wire.on('error', () => undefined);
    wire.once('close', release);
    const server = this.#servers.pop() ?? tls.createServer();
    const done = () => {
      server.off('secureConnection', secured).off('tlsClientError', done);
      if (this.#servers.length < MAX_UNUSED) this.#servers.push(server);
    };
    // As at the tunnel port, where TLS alone would wait for the rest of the handshake.
    const ended = () => wire.destroy();
    wire.once('end', ended);
    const secured = (inner: TLSSocket) => {
      wire.off('end', ended);
      done();
      tls.secured(inner, { wire, path: 'api', address, release });
    };
    server.once('secureConnection', secured).once('tlsClientError', done);
    server.emit('connection', wire);
  }

  /** Ends the connections that are not tunnels yet; safe to call twice. */
  stop(): void {
    this.#options.halfOpen.close();
    this.#servers.length = 0;
  }
}
