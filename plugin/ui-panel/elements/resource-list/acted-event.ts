/** An action has ended, and may have changed its list. */
export class ActedEvent extends Event {
  /** An error that its element cannot show; null: none. */
  readonly error: Error | null;

  constructor(error: Error | null = null) {
    super('acted', { bubbles: true, composed: true });
    this.error = error;
  }
}
