import type { TLSSocket } from 'node:tls';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import type { Clock } from '../../protocol/time/clock.js';
import { ShortGetConnection, type ShortGetOwner } from './short-get-connection.js';

export interface ShortGetsOptions {
  /** Answers a short GET; false if it does not, with the exchange untouched. */
  readonly answer: (head: CheckInHead, exchange: CheckInExchange) => boolean;
  /** Gives a connection to Node's HTTP server. */
  readonly handOver: (socket: TLSSocket) => void;
  /** An unused connection is closed after this time, ms. */
  readonly keepAliveMs: number;
  readonly clock: Clock;
}

/** A new connection that sends nothing for so long is Node's, whose own time limit applies, ms. */
const SILENT_MS = 10_000;
/** One timer for all connections, ms. */
const SWEEP_MS = 5_000;

/** The connections that have carried nothing but short GETs so far. */
export class ShortGets implements ShortGetOwner {
  readonly #options: ShortGetsOptions;
  readonly #connections = new Set<ShortGetConnection>();
  #isStopped = false;
  #stopSweeps: (() => void) | null = null;

  constructor(options: ShortGetsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopSweeps ??= this.#options.clock.every(SWEEP_MS, () => {
      for (const one of this.#connections) one.expire(this.#options.keepAliveMs, SILENT_MS);
    });
  }

  /** Closes all connections, those with a request under way after its answer; safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#stopSweeps?.();
    this.#stopSweeps = null;
    for (const one of this.#connections) one.stop();
  }

  add(socket: TLSSocket): void {
    if (this.#isStopped) {
      socket.destroy();
      return;
    }
    const connection = new ShortGetConnection(socket, this);
    this.#connections.add(connection);
    connection.start();
  }

  answer(head: CheckInHead, exchange: CheckInExchange): boolean {
    return this.#options.answer(head, exchange);
  }

  handOver(connection: ShortGetConnection, socket: TLSSocket): void {
    this.#connections.delete(connection);
    this.#options.handOver(socket);
  }

  closed(connection: ShortGetConnection): void {
    this.#connections.delete(connection);
  }

  now(): number {
    return this.#options.clock.monotonic();
  }
}
