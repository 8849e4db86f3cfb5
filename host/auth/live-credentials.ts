interface Entry {
  readonly isValid: () => boolean;
  readonly ended: AbortController;
}

/**
 * Notifies streams when the session or token that opened them is no longer valid: revoked, expired, or older than a
 * password change. Contains only credentials with open streams.
 */
export class LiveCredentials {
  readonly #entries = new Map<string, Entry>();

  /**
   * Aborts when the credential ends, immediately if it already has.
   * @param key identifies the credential
   * @param isValid whether it is valid now
   */
  signalOf(key: string, isValid: () => boolean): AbortSignal {
    const known = this.#entries.get(key);
    if (known) return known.ended.signal;
    const ended = new AbortController();
    if (isValid()) this.#entries.set(key, { isValid, ended });
    else ended.abort();
    return ended.signal;
  }

  /** Aborts the signals of invalid credentials. Call it after each change and periodically, as credentials expire. */
  review(): void {
    for (const [key, { isValid, ended }] of this.#entries) {
      if (isValid()) continue;
      this.#entries.delete(key);
      ended.abort();
    }
  }
}
