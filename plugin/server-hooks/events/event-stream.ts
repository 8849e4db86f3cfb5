import { Readable } from 'node:stream';
import { type EventLog, type EventSubject, formatEvent } from './event-log.js';
import type { WatchedCheckIns } from './watched-check-ins.js';

/** Decides which events a client may see. Evaluated for each event. */
export type Visibility = (subject: EventSubject) => boolean;

export interface EventStreamOptions {
  readonly log: EventLog;
  readonly visibility: Visibility;
  /** The client's position when its last stream ended; null: none. */
  readonly lastEventId: string | null;
  /** Sent outside the log: a client that reconnects gets the latest anyway. Null: none. */
  readonly checkIns?: WatchedCheckIns | null;
}

/** Reconnect delay for clients, ms. */
const RETRY_MS = 3_000;
/** Bytes prepared ahead. */
const CHUNK = 16 * 1024;

/**
 * One client's events, as bytes. It reads the next ones from the log when the client has consumed the last. A slow
 * client buffers one chunk and blocks no one.
 */
export class EventStream extends Readable {
  readonly #log: EventLog;
  readonly #checkIns: WatchedCheckIns | null;
  #visibility: Visibility;
  /** Number of the last evaluated event. */
  #position: number;
  #isWanted = false;

  constructor({ log, visibility, lastEventId, checkIns = null }: EventStreamOptions) {
    super({ highWaterMark: CHUNK });
    this.#log = log;
    this.#checkIns = checkIns;
    this.#visibility = visibility;
    const known = lastEventId === null ? null : log.numberOf(lastEventId);
    this.#position = known ?? log.newest;
    this.push(`retry: ${RETRY_MS}\n\n`);
    if (known === null) this.#reset(lastEventId === null ? 'start' : 'restart');
  }

  /** Applies from the next event on. */
  set visibility(visibility: Visibility) {
    this.#visibility = visibility;
  }

  /** Whether the client has consumed everything prepared for it. */
  get isDrained(): boolean {
    return this.readableLength === 0;
  }

  /** Sends new events, as far as the client consumes them. */
  advance(): void {
    this.#attempt(() => {
      while (this.#isWanted && this.#position < this.#log.newest) {
        if (this.#position + 1 < this.#log.oldest) this.#reset('gap');
        else this.#send(this.#next());
      }
    });
  }

  /** Sends due check-ins; a client that does not read gets the latest ones later. */
  sendCheckIns(): void {
    const checkIns = this.#checkIns;
    if (!checkIns || !this.#isWanted) return;
    this.#attempt(() =>
      this.#send(
        checkIns
          .changes(this.#visibility)
          .map((event) => formatEvent(null, event))
          .join(''),
      ),
    );
  }

  /**
   * Keeps proxies from closing the stream, and advances the client's position: invisible events have numbers too, and
   * without this a client could reconnect at an event that is no longer kept.
   */
  heartbeat(): void {
    if (this.#isWanted) this.#send(`: still here\nid: ${this.#log.idOf(this.#position)}\n\n`);
  }

  /** Ends the stream: after pending data, or immediately if the client does not read it. */
  close(): void {
    this.#isWanted = false;
    if (this.isDrained) this.push(null);
    else this.destroy();
  }

  override _read(): void {
    this.#isWanted = true;
    this.advance();
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch {
      // The host failed to decide what is visible: end only this client's stream.
      this.destroy();
    }
  }

  #next(): string {
    let text = '';
    while (this.#position < this.#log.newest && text.length < CHUNK) {
      const event = this.#log.event(++this.#position);
      if (event && this.#visibility(event.subject)) text += event.text;
    }
    return text;
  }

  #reset(reason: 'start' | 'gap' | 'restart'): void {
    this.#position = this.#log.newest;
    this.#send(formatEvent(this.#log.idOf(this.#position), { type: 'reset', data: { reason } }));
  }

  #send(text: string): void {
    if (text !== '') this.#isWanted = this.push(text);
  }
}
