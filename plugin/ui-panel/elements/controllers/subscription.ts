import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Subscribes while the host is in the page. Subscribers return a function that unsubscribes. */
export class Subscription implements ReactiveController {
  readonly #subscribe: () => () => void;
  #unsubscribe = () => {};

  constructor(host: ReactiveControllerHost, subscribe: () => () => void) {
    this.#subscribe = subscribe;
    host.addController(this);
  }

  hostConnected(): void {
    this.#unsubscribe = this.#subscribe();
  }

  hostDisconnected(): void {
    this.#unsubscribe();
    this.#unsubscribe = () => {};
  }
}
