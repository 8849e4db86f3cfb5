import type { HubEvent } from '../../api.js';

/** The subject of an event: an environment's id, or the settings. */
export type EventSubject = number | 'settings';

/** An event before it is logged. */
export type UnloggedEvent = Exclude<HubEvent, { type: 'reset' }> & { readonly subject: EventSubject };

/** An event as sent to all clients that may see it. */
export interface LoggedEvent {
  readonly subject: EventSubject;
  /** In the format of event streams (WHATWG HTML, section 9.2). */
  readonly text: string;
}

export interface EventLogOptions {
  /** Changes with each hub start; letters, digits, `_` and `-`. */
  readonly bootId: string;
  /** Events kept for clients that reconnect. Default 10,000. */
  readonly maxEvents?: number;
  /** Total text size, characters. Default 8 Mi. */
  readonly maxText?: number;
}

const ID = /^([\w-]+)\.(0|[1-9][0-9]{0,15})$/;

/**
 * The latest events, numbered from 1. This is the only buffer: streams read from it at their own pace, and a client
 * that falls behind the oldest event has to fetch the list again.
 */
export class EventLog {
  readonly #bootId: string;
  readonly #maxEvents: number;
  readonly #maxText: number;
  readonly #events = new Map<number, LoggedEvent>();
  readonly #listeners = new Set<() => void>();
  #oldest = 1;
  #newest = 0;
  #text = 0;

  constructor({ bootId, maxEvents = 10_000, maxText = 8 * 1024 * 1024 }: EventLogOptions) {
    this.#bootId = bootId;
    this.#maxEvents = maxEvents;
    this.#maxText = maxText;
  }

  /** The number of the latest event; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** The lowest number still kept. */
  get oldest(): number {
    return this.#oldest;
  }

  event(number: number): LoggedEvent | undefined {
    return this.#events.get(number);
  }

  /** Adds events, then notifies the listeners once. */
  append(events: readonly UnloggedEvent[]): void {
    for (const { subject, ...event } of events) {
      const text = formatEvent(this.idOf(++this.#newest), event);
      this.#events.set(this.#newest, { subject, text });
      this.#text += text.length;
    }
    while (this.#events.size > this.#maxEvents || this.#text > this.#maxText) this.#dropOldest();
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` synchronously after events were added; returns the unsubscribe function. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The client-visible id of an event; with 0, the state before the first. */
  idOf(number: number): string {
    return `${this.#bootId}.${number}`;
  }

  /** The number of such an id; null if it is from another hub start, or malformed. */
  numberOf(id: string): number | null {
    const [, bootId, number] = ID.exec(id) ?? [];
    return bootId === this.#bootId && Number(number) <= this.#newest ? Number(number) : null;
  }

  #dropOldest(): void {
    this.#text -= this.#events.get(this.#oldest)?.text.length ?? 0;
    this.#events.delete(this.#oldest++);
  }
}

/**
 * Formats an event for event streams; without an id the client's position stays unchanged. JSON contains no line
 * breaks.
 */
export function formatEvent(id: string | null, { type, data }: HubEvent): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
