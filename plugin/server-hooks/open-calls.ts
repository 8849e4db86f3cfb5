import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../protocol/clock.js';
import { type ClientResponse, resetResponse } from './docker/client-message.js';

/** How long answers under way may take to end once the plugin has stopped, ms. */
const GRACE_MS = 1_000;

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

  /** Waits for a second until all have ended, then breaks off what is left. */
  async end(): Promise<void> {
    const cancel = this.#clock.after(GRACE_MS, () => {
      for (const cut of this.#open.values()) cut();
    });
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#whenNone = resolve));
    cancel();
    // Whatever waits for the end of a request hears of it a turn after the answer's.
    await nextTurn();
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
