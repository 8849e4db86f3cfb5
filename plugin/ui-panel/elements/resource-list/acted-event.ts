/** An action has ended, and may have changed its list. */
export class ActedEvent extends Event {
  readonly #isDone: boolean;
  readonly #error: Error | null;

  /**
   * @param isDone whether it succeeded
   * @param error its error, if its element cannot show it
   */
  constructor(isDone: boolean, error: Error | null = null) {
    super('acted', { bubbles: true, composed: true });
    this.#isDone = isDone;
    this.#error = error;
  }

  /** The failure that its section shows now: one stays until an action succeeds, or until the next one to show. */
  failureAfter(shown: Error | null): Error | null {
    return this.#isDone ? null : (this.#error ?? shown);
  }
}
