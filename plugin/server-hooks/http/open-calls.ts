import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../protocol/time/clock.js';
import { type ClientResponse, resetResponse } from '../docker/client-message.js';
import { endWithConnection } from './end-with-connection.js';

/** Time for running answers to end once the plugin has stopped, ms. */
const GRACE_MS = 1_000;
/** Time for aborted connections to close, ms. */
const CUT_MS = 1_000;
const MAX_LISTENERS = 30;

/** The plugin's open responses and upgraded sockets: none may outlive it. */
export class OpenCalls {
  readonly #clock: Clock;
  /** Each with the function that aborts it. */
  readonly #open = new Map<ClientResponse | Duplex, () => void>();
  #whenNone: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens the call of a request. */
  open(req: IncomingMessage, res: ServerResponse): void {
    // Host, Koa, streams and plugin each listen for its end: more than the ten at which Node warns of a leak.
    res.setMaxListeners(MAX_LISTENERS);
    this.addAnswer(res);
    endWithConnection(req, res);
  }

  addAnswer(res: ClientResponse): void {
    this.#add(res, () => resetResponse(res));
  }

  addSocket(socket: Duplex): void {
    this.#add(socket, () => socket.destroy());
  }

  /**
   * Waits up to a second for all to end, aborts the rest, and waits up to another second.
   * @returns the number that have not closed even then; they are no longer tracked
   */
  async end(): Promise<number> {
    const isEmpty = await this.#drained(GRACE_MS);
    if (!isEmpty) {
      for (const abort of [...this.#open.values()]) abort();
      await this.#drained(CUT_MS);
    }
    // Listeners for the end of a request run one turn after the response's.
    await nextTurn();
    return this.#open.size;
  }

  /** Resolves to whether nothing is open, after `ms` at the latest. */
  async #drained(ms: number): Promise<boolean> {
    if (this.#open.size === 0) return true;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#whenNone = () => {
        cancel();
        resolve();
      };
    });
    this.#whenNone = () => undefined;
    return this.#open.size === 0;
  }

  #add(call: ClientResponse | Duplex, abort: () => void): void {
    if (call.destroyed) return;
    this.#open.set(call, abort);
    call.once('close', () => {
      this.#open.delete(call);
      if (this.#open.size === 0) this.#whenNone();
    });
  }
}
