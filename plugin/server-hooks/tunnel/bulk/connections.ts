import type { ClientHttp2Stream } from 'node:http2';
import { TCP_KEEP_ALIVE_MS } from '../../../../protocol/network/tcp-keep-alive.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { ConnectionState } from '../../../../protocol/tunnel/bulk-pipe.js';
import { resetSocket } from '../../../../protocol/tunnel/reset-socket.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import type { IncomingTransport } from '../transport/incoming.js';
import type { BulkOffers } from './offers.js';

export interface BulkConnectionsOptions {
  readonly offers: BulkOffers;
  readonly clock: Clock;
  /** How long an unused connection is kept, ms. */
  readonly keepMs: number;
  /** Asks the agent to dial; null if the session accepts no more streams. */
  readonly ask: (number: number, token: string) => ClientHttp2Stream | null;
}

/** A connection that carries the bytes of one call. */
export interface BulkConnection {
  readonly number: number;
  readonly socket: IncomingTransport['socket'];
  /** Lets go of it. */
  release(state: ConnectionState): void;
}

interface Kept {
  readonly number: number;
  readonly transport: IncomingTransport;
  /** Monotonic ms at which its last call ended. */
  sinceMs: number;
}

/** Time for an agent to end a connection that it may still read, ms. */
const LINGER_MS = 5_000;
/** Pause after an agent could not dial, ms. */
const RETRY_MS = 30_000;

/** The bulk connections of one tunnel. They end with it. */
export class BulkConnections {
  readonly #options: BulkConnectionsOptions;
  /** Oldest first; the youngest is used first. */
  readonly #unused: Kept[] = [];
  readonly #open = new Set<Kept>();
  readonly #withdrawals = new Set<() => void>();
  /** Bytes of connections that are closed. */
  #closedBytes = { received: 0, sent: 0 };
  #next = 1;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(options: BulkConnectionsOptions) {
    this.#options = options;
  }

  /** Bytes of all connections, ended ones included. */
  get traffic(): { readonly received: number; readonly sent: number } {
    let { received, sent } = this.#closedBytes;
    for (const { transport } of this.#open) {
      received += transport.socket.bytesRead;
      sent += transport.socket.bytesWritten;
    }
    return { received, sent };
  }

  /** An unused connection. Without one, null: the call uses a stream, and the agent is asked to dial one for the next. */
  take(): BulkConnection | null {
    const kept = this.#unused.pop();
    if (!kept) {
      this.#request();
      return null;
    }
    const { number, transport } = kept;
    // Without a listener its bytes would be lost until the call reads them.
    transport.socket.off('data', this.#onUnexpected).pause();
    return { number, socket: transport.socket, release: (state) => this.#release(kept, state) };
  }

  /** Ends all connections and offers. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel?.();
    for (const withdraw of this.#withdrawals) withdraw();
    for (const { transport } of this.#open) resetSocket(transport.socket, new Error('The tunnel has ended'));
  }

  #request(): void {
    const { clock, offers, ask } = this.#options;
    if (this.#isClosed || clock.monotonic() < this.#notBeforeMs) return;
    if (this.#open.size + this.#withdrawals.size >= TUNNEL.maxBulk) return;
    const number = this.#next++;
    const offer = offers.issue((transport) => {
      withdraw();
      this.#accept(number, transport);
    });
    if (!offer) return;
    const withdraw = () => {
      cancel();
      offer.withdraw();
      this.#withdrawals.delete(withdraw);
    };
    const giveUp = () => {
      withdraw();
      this.#notBeforeMs = clock.monotonic() + RETRY_MS;
    };
    // An agent may report a connection that never arrives.
    const cancel = clock.after(TUNNEL.handshakeMs, giveUp);
    this.#withdrawals.add(withdraw);
    const stream = ask(number, offer.token);
    let isDialled = false;
    stream?.once('response', (headers) => {
      isDialled = headers[':status'] === 204;
    });
    stream?.once('close', () => {
      if (!isDialled) giveUp();
    });
    if (!stream) withdraw();
  }

  #accept(number: number, transport: IncomingTransport): void {
    transport.release();
    transport.wire.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    const kept = { number, transport, sinceMs: 0 };
    this.#open.add(kept);
    transport.socket.once('close', () => {
      this.#open.delete(kept);
      this.#drop(kept);
      this.#closedBytes.received += transport.socket.bytesRead;
      this.#closedBytes.sent += transport.socket.bytesWritten;
    });
    transport.socket.once('end', () => this.#drop(kept) && transport.socket.destroy());
    this.#keep(kept);
  }

  #release(kept: Kept, state: ConnectionState): void {
    const { socket } = kept.transport;
    if (state === 'reusable' && !this.#isClosed && socket.readable && socket.writable) this.#keep(kept);
    else if (state === 'broken') resetSocket(socket, new Error('The call was aborted'));
    else {
      // The agent ends it, once it has read everything. One that does not is cut off.
      socket.resume();
      socket.once(
        'close',
        this.#options.clock.after(LINGER_MS, () => socket.destroy()),
      );
    }
  }

  #keep(kept: Kept): void {
    const { clock, keepMs } = this.#options;
    kept.sinceMs = clock.monotonic();
    this.#unused.push(kept);
    // Read on, to detect its end; bytes between calls break the protocol.
    kept.transport.socket.on('data', this.#onUnexpected);
    kept.transport.socket.resume();
    this.#cancel ??= clock.after(keepMs, () => this.#expire());
  }

  readonly #onUnexpected = function (this: IncomingTransport['socket']): void {
    this.destroy();
  };

  /** Whether it was unused. */
  #drop(kept: Kept): boolean {
    const index = this.#unused.indexOf(kept);
    if (index !== -1) this.#unused.splice(index, 1);
    return index !== -1;
  }

  #expire(): void {
    const { clock, keepMs } = this.#options;
    const now = clock.monotonic();
    while (this.#unused[0] && now - this.#unused[0].sinceMs >= keepMs) {
      this.#unused.shift()?.transport.socket.destroy();
    }
    const oldest = this.#unused[0];
    this.#cancel = oldest ? clock.after(oldest.sinceMs + keepMs - now, () => this.#expire()) : null;
  }
}
