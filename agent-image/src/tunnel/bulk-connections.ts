import { TCP_KEEP_ALIVE_MS } from '../../../protocol/network/tcp-keep-alive.js';
import type { ConnectionState } from '../../../protocol/tunnel/bulk-pipe.js';
import { resetSocket } from '../../../protocol/tunnel/reset-socket.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import type { Transport } from './transport/transport.js';

export interface BulkConnectionsOptions {
  /** Opens a connection to the hub and authenticates the hub. */
  readonly dial: () => Promise<Transport>;
}

/** A connection that carries the bytes of one call. */
export interface BulkConnection {
  readonly socket: Transport['socket'];
  /** Lets go of it. */
  release(state: ConnectionState): void;
}

/** The bulk connections of one tunnel, by the hub's numbers. They end with it; the hub decides how long to keep them. */
export class BulkConnections {
  readonly #options: BulkConnectionsOptions;
  readonly #unused = new Map<string, Transport>();
  readonly #open = new Set<Transport>();
  #dialling = 0;
  /** Of connections that are closed. */
  #closedBytesRead = 0;
  #isClosed = false;

  constructor(options: BulkConnectionsOptions) {
    this.#options = options;
  }

  /** Bytes received on all connections, ended ones included. */
  get bytesRead(): number {
    let bytes = this.#closedBytesRead;
    for (const { wire } of this.#open) bytes += wire.bytesRead;
    return bytes;
  }

  /**
   * Dials a connection and presents its token.
   * @throws Problem what `dial` throws; Error when there are enough of them
   */
  async open(number: string, token: string): Promise<void> {
    // Twice what the hub uses: it may count one as closed before its end has arrived here.
    if (this.#isClosed || this.#open.size + this.#dialling >= 2 * TUNNEL.maxBulk) {
      throw new Error('The hub asked for too many bulk connections');
    }
    this.#dialling++;
    const transport = await this.#options.dial().finally(() => this.#dialling--);
    const { socket, wire } = transport;
    if (this.#isClosed || this.#unused.has(number)) {
      socket.destroy();
      return;
    }
    wire.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    this.#open.add(transport);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#open.delete(transport);
      this.#closedBytesRead += wire.bytesRead;
      if (this.#unused.get(number) === transport) this.#unused.delete(number);
    });
    socket.once('end', () => {
      if (this.#unused.get(number) === transport) socket.destroy();
    });
    socket.write(token);
    this.#keep(number, transport);
  }

  /** The unused connection of that number; null if it is gone. */
  take(number: string): BulkConnection | null {
    const transport = this.#unused.get(number);
    if (!transport) return null;
    this.#unused.delete(number);
    const { socket } = transport;
    // Without a listener its bytes would be lost until the call reads them.
    socket.off('data', onUnexpected).pause();
    return { socket, release: (state) => this.#release(number, transport, state) };
  }

  /** Ends all connections. */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#open) resetSocket(socket, new Error('The tunnel has ended'));
  }

  #keep(number: string, transport: Transport): void {
    this.#unused.set(number, transport);
    // Read on, to detect its end; bytes between calls break the protocol.
    transport.socket.on('data', onUnexpected);
    transport.socket.resume();
  }

  #release(number: string, transport: Transport, state: ConnectionState): void {
    const { socket } = transport;
    if (state === 'reusable' && !this.#isClosed && socket.readable && socket.writable) {
      this.#keep(number, transport);
    } else {
      // The hub closes it, once it has read everything: its client may be slow. A reset would discard what it has not read.
      socket.resume();
      if (state === 'broken') socket.end();
    }
  }
}

function onUnexpected(this: Transport['socket']): void {
  this.destroy();
}
