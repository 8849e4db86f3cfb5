/** A page that is busy for longer is late for who clicks. */
const MAX_WORK_MS = 8;

/** Lets long work stop now and then, so that the page can answer. Tabs in the background are not slowed by it, as by timers. */
export class WorkBudget {
  #startedMs = performance.now();

  /** Resolves at once, or after the page had its turn. */
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
