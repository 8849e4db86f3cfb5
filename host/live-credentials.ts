interface Entry {
  readonly holds: () => boolean;
  readonly ended: AbortController;
}

/**
 * Tells streams when the session or token that opened them no longer holds: revoked, expired, or from before a change of
 * the password. Only credentials that opened something are known here.
 */
export class LiveCredentials {
  readonly #entries = new Map<string, Entry>();

  /**
   * Aborts when the credential ends, and at once if it has ended.
   * @param key the credential's own
   * @param holds whether it is good now
   */
  signalOf(key: string, holds: () => boolean): AbortSignal {
    const known = this.#entries.get(key);
    if (known) return known.ended.signal;
    const ended = new AbortController();
    if (holds()) this.#entries.set(key, { holds, ended });
    else ended.abort();
    return ended.signal;
  }

  /** Ends what does not hold any more. To be called after each change, and now and then: credentials expire. */
  review(): void {
    for (const [key, { holds, ended }] of this.#entries) {
      if (holds()) continue;
      this.#entries.delete(key);
      ended.abort();
    }
  }
}
