/** Longer work delays the response to a click. */
const MAX_WORK_MS = 8;

/** Splits long work so that the page stays responsive. Unlike timers, it is not throttled in background tabs. */
export class WorkBudget {
  #startedMs = performance.now();

  /** Resolves immediately, or after the page has run other tasks. */
  async yieldToMain(): Promise<void> {
    if (performance.now() - this.#startedMs < MAX_WORK_MS) return;
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
    this.#startedMs = performance.now();
  }
}
