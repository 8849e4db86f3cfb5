import type { HubEvent } from '../../api.js';

/** What an event is about: an environment's id, or the settings. */
export type EventSubject = number | 'settings';

/** An event that is not logged yet. */
export type UnloggedEvent = Exclude<HubEvent, { type: 'reset' }> & { readonly subject: EventSubject };

/** An event as it is sent to all that may see it. */
export interface LoggedEvent {
  readonly subject: EventSubject;
  /** In the format of event streams (WHATWG HTML, section 9.2). */
  readonly text: string;
}

export interface EventLogOptions {
  /** Changes with each start of the hub; letters, digits, `_` and `-`. */
  readonly bootId: string;
  /** How many events are kept for those who come back. Default 10,000. */
  readonly maxEvents?: number;
  /** How much text they may have together, characters. Default 8 Mi. */
  readonly maxText?: number;
}

const ID = /^([\w-]+)\.(0|[1-9][0-9]{0,15})$/;

/**
 * The latest events, numbered from 1. It is the only buffer there is: streams read from it at their own pace, and
 * who falls behind its oldest event has to list anew.
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

  /** The lowest number that is still kept. */
  get oldest(): number {
    return this.#oldest;
  }

  event(number: number): LoggedEvent | undefined {
    return this.#events.get(number);
  }

  /** Adds events, then tells the listeners once. */
  append(events: readonly UnloggedEvent[]): void {
    for (const { subject, ...event } of events) {
      const text = formatEvent(this.idOf(++this.#newest), event);
      this.#events.set(this.#newest, { subject, text });
      this.#text += text.length;
    }
    while (this.#events.size > this.#maxEvents || this.#text > this.#maxText) this.#dropOldest();
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` synchronously after events were added; returns a function that ends it. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How clients know the event of this number, or with 0 that there was none yet. */
  idOf(number: number): string {
    return `${this.#bootId}.${number}`;
  }

  /** The number behind such an id; null where it is from another start of the hub, or nothing of ours. */
  numberOf(id: string): number | null {
    const [, bootId, number] = ID.exec(id) ?? [];
    return bootId === this.#bootId && Number(number) <= this.#newest ? Number(number) : null;
  }

  #dropOldest(): void {
    this.#text -= this.#events.get(this.#oldest)?.text.length ?? 0;
    this.#events.delete(this.#oldest++);
  }
}

/** An event in the format of event streams; one without an id leaves its client's place as it is. JSON has no line breaks of its own. */
export function formatEvent(id: string | null, { type, data }: HubEvent): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
