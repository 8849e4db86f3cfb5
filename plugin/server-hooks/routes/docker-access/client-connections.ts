import type { Socket } from 'node:net';
import type { Clock } from '../../../../protocol/time/clock.js';
import { endConnection } from './end-connection.js';

/** Connections of one access: more than any client opens, and few enough that one access never uses up the hub's. */
const MAX_CONNECTIONS = 2_000;
const DESCRIPTOR_SHARE = 1 / 4;

/** The connections of clients with one certificate. */
interface AccessConnections {
  readonly sockets: Set<Socket>;
  /** Stops listening for the end of the access. */
  readonly forget: () => void;
}

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
  readonly #accesses = new Map<string, AccessConnections>();
  readonly #connections = new Map<Socket, Connection>();
  #isStopped = false;

  /** @param openFiles file descriptor limit of the process */
  constructor(openFiles: number, clock: Clock) {
    this.#limit = Math.max(8, Math.min(MAX_CONNECTIONS, Math.floor(openFiles * DESCRIPTOR_SHARE)));
    this.#clock = clock;
  }

  /**
   * @param ended the signal of the access, the same for all its connections
   * @returns whether the access has a free place
   */
  enter(accessId: string, socket: Socket, ended: AbortSignal): boolean {
    const { sockets, forget } = this.#accesses.get(accessId) ?? this.#add(accessId, ended);
    if (sockets.size >= this.#limit) return false;
    sockets.add(socket);
    this.#connections.set(socket, { calls: 0, ended });
    socket.once('close', () => {
      this.#connections.delete(socket);
      sockets.delete(socket);
      if (sockets.size > 0) return;
      forget();
      this.#accesses.delete(accessId);
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

  #add(accessId: string, ended: AbortSignal): AccessConnections {
    const sockets = new Set<Socket>();
    const end = () => sockets.forEach((socket) => void this.#endIdle(socket));
    ended.addEventListener('abort', end);
    const added = { sockets, forget: () => ended.removeEventListener('abort', end) };
    this.#accesses.set(accessId, added);
    return added;
  }

  #endIdle(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.calls !== 0) return;
    if (this.#isStopped) socket.destroySoon();
    else if (connection.ended.aborted) endConnection(socket, this.#clock);
  }
}
