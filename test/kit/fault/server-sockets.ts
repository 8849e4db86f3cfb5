import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Scope } from '../scope.js';
import { untilTrue } from '../until.js';

/** The server's ends of the connections that a port of this process accepts: each holds a file descriptor until it closes. */
export class ServerSockets {
  readonly #open = new Set<Socket>();

  constructor(t: Scope, port: number) {
    const accept = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      if (socket.localPort !== port) return;
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    };
    subscribe('net.server.socket', accept);
    t.teardown(() => unsubscribe('net.server.socket', accept));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Resolves when the server has read more than so many bytes of each that is open. */
  async haveReadPast(bytes: number): Promise<void> {
    await untilTrue(
      'more bytes from each socket',
      () => ![...this.#open].some((socket) => socket.bytesRead <= bytes),
      { everyMs: 1 },
    );
    // What is done about it.
    await turn();
  }

  /** Resolves when each of them is closed. The caller's deadline is its own. */
  async allClosed(): Promise<void> {
    // `closed` is true before the event.
    for (const socket of [...this.#open]) if (this.#open.has(socket)) await once(socket, 'close');
  }
}
