import { Readable } from 'node:stream';
import { type EventLog, type EventSubject, formatEvent } from './event-log.js';
import type { WatchedCheckIns } from './watched-check-ins.js';

/** Which events somebody may see. Asked for each event anew. */
export type Sight = (subject: EventSubject) => boolean;

export interface EventStreamOptions {
  readonly log: EventLog;
  readonly sight: Sight;
  /** Where the client was when its last stream ended; null: it has none to go on from. */
  readonly lastEventId: string | null;
  /** Told beside the log: who comes back is told the latest anyway. Null: none. */
  readonly checkIns?: WatchedCheckIns | null;
}

/** A client whose connection broke comes back after this, ms. */
const RETRY_MS = 3_000;
/** What is ready to be sent at once, bytes. */
const CHUNK = 16 * 1024;

/**
 * One client's events, as bytes. It takes the next ones from the log when the client has taken the last: a slow one
 * holds a chunk, and nobody up.
 */
export class EventStream extends Readable {
  readonly #log: EventLog;
  readonly #checkIns: WatchedCheckIns | null;
  #sight: Sight;
  /** Number of the last event that was looked at. */
  #position: number;
  #isWanted = false;

  constructor({ log, sight, lastEventId, checkIns = null }: EventStreamOptions) {
    super({ highWaterMark: CHUNK });
    this.#log = log;
    this.#checkIns = checkIns;
    this.#sight = sight;
    const known = lastEventId === null ? null : log.numberOf(lastEventId);
    this.#position = known ?? log.newest;
    this.push(`retry: ${RETRY_MS}\n\n`);
    if (known === null) this.#reset(lastEventId === null ? 'start' : 'restart');
  }

  /** From the next event on. */
  set sight(sight: Sight) {
    this.#sight = sight;
  }

  /** Whether the client has taken all that was ready for it. */
  get isDrained(): boolean {
    return this.readableLength === 0;
  }

  /** Sends what is new, as far as the client takes it. */
  advance(): void {
    this.#attempt(() => {
      while (this.#isWanted && this.#position < this.#log.newest) {
        if (this.#position + 1 < this.#log.oldest) this.#reset('gap');
        else this.#send(this.#next());
      }
    });
  }

  /** Sends the check-ins that are to be told; a client that takes nothing is told the latest later. */
  sendCheckIns(): void {
    const news = this.#checkIns;
    if (!news || !this.#isWanted) return;
    this.#attempt(() =>
      this.#send(
        news
          .changes(this.#sight)
          .map((event) => formatEvent(null, event))
          .join(''),
      ),
    );
  }

  /**
   * Shows proxies that the stream lives, and tells the client how far it is: what it may not see has numbers as well,
   * and it would else come back for what is not kept any more.
   */
  beat(): void {
    if (this.#isWanted) this.#send(`: still here\nid: ${this.#log.idOf(this.#position)}\n\n`);
  }

  /** Ends it: after what was sent, or at once where the client does not take that. */
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
      // The host failed to say what may be seen: that is this client's end, and nobody else's.
      this.destroy();
    }
  }

  #next(): string {
    let text = '';
    while (this.#position < this.#log.newest && text.length < CHUNK) {
      const event = this.#log.event(++this.#position);
      if (event && this.#sight(event.subject)) text += event.text;
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
