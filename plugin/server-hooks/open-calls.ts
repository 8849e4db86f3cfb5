import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../protocol/clock.js';
import { type ClientResponse, resetResponse } from './docker/client-message.js';

/** How long answers under way may take to end once the plugin has stopped, ms. */
const GRACE_MS = 1_000;
/** How long connections may take to close once they were broken off, ms. */
const CUT_MS = 1_000;

/** Answers and upgraded sockets in the plugin's hands: none may outlive it. */
export class OpenCalls {
  readonly #clock: Clock;
  /** Each with what breaks it off. */
  readonly #open = new Map<ClientResponse | Duplex, () => void>();
  #whenNone: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addAnswer(res: ClientResponse): void {
    this.#add(res, () => resetResponse(res));
  }

  addSocket(socket: Duplex): void {
    this.#add(socket, () => socket.destroy());
  }

  /**
   * Waits for a second until all have ended, breaks off what is left, and waits for another second at most.
   * @returns how many have not closed even then: nothing waits for those any more
   */
  async end(): Promise<number> {
    const isEmpty = await this.#empty(GRACE_MS);
    if (!isEmpty) {
      for (const cut of [...this.#open.values()]) cut();
      await this.#empty(CUT_MS);
    }
    // Whatever waits for the end of a request hears of it a turn after the answer's.
    await nextTurn();
    return this.#open.size;
  }

  /** Resolves to whether nothing is open any more, after `ms` at the latest. */
  async #empty(ms: number): Promise<boolean> {
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

  #add(call: ClientResponse | Duplex, cut: () => void): void {
    if (call.destroyed) return;
    this.#open.set(call, cut);
    call.once('close', () => {
      this.#open.delete(call);
      if (this.#open.size === 0) this.#whenNone();
    });
  }
}
