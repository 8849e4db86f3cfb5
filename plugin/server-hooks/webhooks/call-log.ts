import type { Clock } from '../../../protocol/time/clock.js';

/** One signed call of a webhook. */
export interface WebhookCall {
  /** RFC 3339. */
  readonly at: string;
  /** `created`, `found`, `repeated`, or the code of the error. */
  readonly outcome: string;
  readonly environmentId: number | null;
  /** The sender's `webhook-id`. */
  readonly messageId: string;
  readonly address: string;
}

/** Calls of a webhook without a valid signature. */
export interface RefusedCalls {
  readonly count: number;
  /** RFC 3339; null before the first. */
  readonly lastAt: string | null;
  readonly lastAddress: string | null;
}

interface Entry {
  calls: readonly WebhookCall[];
  refused: RefusedCalls;
}

const MAX_CALLS = 50;
const NONE: RefusedCalls = Object.freeze({ count: 0, lastAt: null, lastAddress: null });

/** The last calls of each webhook since the hub started. Unsigned ones are only counted, so they evict no others. */
export class CallLog {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(webhookId: string, call: Omit<WebhookCall, 'at'>): void {
    const entry = this.#entry(webhookId);
    entry.calls = [{ at: this.#now(), ...call }, ...entry.calls].slice(0, MAX_CALLS);
  }

  refused(webhookId: string, address: string): void {
    const entry = this.#entry(webhookId);
    entry.refused = { count: entry.refused.count + 1, lastAt: this.#now(), lastAddress: address };
  }

  /** Newest first. */
  calls(webhookId: string): readonly WebhookCall[] {
    return this.#entries.get(webhookId)?.calls ?? [];
  }

  refusedCalls(webhookId: string): RefusedCalls {
    return this.#entries.get(webhookId)?.refused ?? NONE;
  }

  forget(webhookId: string): void {
    this.#entries.delete(webhookId);
  }

  #entry(webhookId: string): Entry {
    const entry = this.#entries.get(webhookId) ?? { calls: [], refused: NONE };
    this.#entries.set(webhookId, entry);
    return entry;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
