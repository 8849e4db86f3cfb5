import type { Socket } from 'node:net';
import type { Clock } from '../../../../protocol/time/clock.js';
import { endConnection } from './end-connection.js';

/** Connections of one access: more than any client opens, and few enough that one access never uses up the hub's. */
const MAX_CONNECTIONS = 2_000;
const DESCRIPTOR_SHARE = 1 / 4;

interface Connection {
  /** The number of its open calls. */
  calls: number;
  /** Aborts when its access ends. */
  readonly ended: AbortSignal;
}

/**
 * The connections of clients with a valid certificate: limited for each access. They close when their access ends or the
 * port stops, those with a call when it ends.
 */
export class ClientConnections {
  readonly #limit: number;
  readonly #clock: Clock;
  /** The number of connections of each access. */
  readonly #counts = new Map<string, number>();
  readonly #connections = new Map<Socket, Connection>();
  #isStopped = false;

  /** @param openFiles file descriptor limit of the process */
  constructor(openFiles: number, clock: Clock) {
    this.#limit = Math.max(8, Math.min(MAX_CONNECTIONS, Math.floor(openFiles * DESCRIPTOR_SHARE)));
    this.#clock = clock;
  }

  /**
   * @param ended aborts when the access ends
   * @returns whether the access has a free place
   */
  enter(accessId: string, socket: Socket, ended: AbortSignal): boolean {
    const count = this.#counts.get(accessId) ?? 0;
    if (count >= this.#limit) return false;
    this.#counts.set(accessId, count + 1);
    this.#connections.set(socket, { calls: 0, ended });
    const end = () => this.#endIdle(socket);
    ended.addEventListener('abort', end);
    socket.once('close', () => {
      ended.removeEventListener('abort', end);
      this.#connections.delete(socket);
      const others = (this.#counts.get(accessId) ?? 1) - 1;
      if (others > 0) this.#counts.set(accessId, others);
      else this.#counts.delete(accessId);
    });
    return true;
  }

  /** Begins a call on a connection. @returns ends it; null: the access has ended, or the port has stopped */
  begin(socket: Socket): (() => void) | null {
    const connection = this.#connections.get(socket);
    if (!connection || connection.ended.aborted || this.#isStopped) return null;
    connection.calls++;
    return () => {
      connection.calls--;
      this.#endIdle(socket);
    };
  }

  stop(): void {
    this.#isStopped = true;
    for (const [socket, { calls }] of this.#connections) if (calls === 0) socket.destroy();
  }

  #endIdle(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.calls !== 0) return;
    if (this.#isStopped) socket.destroySoon();
    else if (connection.ended.aborted) endConnection(socket, this.#clock);
  }
}
