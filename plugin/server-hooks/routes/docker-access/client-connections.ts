import type { Socket } from 'node:net';

/** Connections of one access: more than any client opens, and few enough that one access never uses up the hub's. */
const MAX_CONNECTIONS = 2_000;
const DESCRIPTOR_SHARE = 1 / 4;

/** The connections of clients with a valid certificate: limited for each access, and closed when the port stops. */
export class ClientConnections {
  readonly #limit: number;
  readonly #accesses = new Map<string, Set<Socket>>();
  /** The number of open calls of each connection. */
  readonly #calls = new Map<Socket, number>();
  #isStopped = false;

  /** @param openFiles file descriptor limit of the process */
  constructor(openFiles: number) {
    this.#limit = Math.max(8, Math.min(MAX_CONNECTIONS, Math.floor(openFiles * DESCRIPTOR_SHARE)));
  }

  /** @returns whether the access has a free place */
  enter(accessId: string, socket: Socket): boolean {
    const sockets = this.#accesses.get(accessId) ?? new Set();
    if (sockets.size >= this.#limit) return false;
    this.#accesses.set(accessId, sockets.add(socket));
    this.#calls.set(socket, 0);
    socket.once('close', () => {
      this.#calls.delete(socket);
      sockets.delete(socket);
      if (sockets.size === 0) this.#accesses.delete(accessId);
    });
    return true;
  }

  /** Begins a call on a connection. @returns ends it; null: the port has stopped */
  begin(socket: Socket): (() => void) | null {
    if (this.#isStopped) return null;
    this.#count(socket, 1);
    return () => this.#count(socket, -1);
  }

  /** Closes all connections: those with a call when it ends. */
  stop(): void {
    this.#isStopped = true;
    for (const [socket, calls] of this.#calls) if (calls === 0) socket.destroy();
  }

  #count(socket: Socket, change: number): void {
    const calls = (this.#calls.get(socket) ?? 0) + change;
    if (!socket.destroyed) this.#calls.set(socket, calls);
    if (this.#isStopped && calls === 0) socket.destroySoon();
  }
}
