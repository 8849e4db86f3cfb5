import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { toError } from '../../format/error.js';

/** Asynchronous work of an element: whether it runs, and its last error. Renders the host after each change. */
export class AsyncTask implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #work = new AbortController();
  #running = 0;
  #error: Error | null = null;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }
  /** Of the last run; null while it runs. */
  get error(): Error | null {
    return this.#error;
  }
  set error(error: Error | null) {
    this.#error = error;
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.abort();
  }

  /** Aborts what is running; its outcome is ignored. */
  abort(): void {
    this.#work.abort();
    this.#work = new AbortController();
    this.#running = 0;
  }

  /**
   * Runs `work`. Its signal is aborted when the host leaves the page.
   * @param onError default: {@link error} is set
   * @returns `aborted` if the host left the page, or {@link abort} was called
   */
  async run(
    work: (signal: AbortSignal) => Promise<unknown>,
    onError: (error: Error) => void = (error) => {
      this.#error = error;
    },
  ): Promise<'done' | 'failed' | 'aborted'> {
    const { signal } = this.#work;
    this.#running += 1;
    this.error = null;
    let outcome: 'done' | 'failed' = 'done';
    try {
      await work(signal);
    } catch (reason) {
      outcome = 'failed';
      if (!signal.aborted) onError(toError(reason));
    }
    if (signal.aborted) return 'aborted';
    this.#running -= 1;
    this.#host.requestUpdate();
    return outcome;
  }
}
