import type { Readable } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';
import { onAbort } from '../model/on-abort.js';
import type { EventLog } from './event-log.js';
import { EventStream, type Sight } from './event-stream.js';
import { type WatchedCheckInSources, WatchedCheckIns } from './watched-check-ins.js';

/** Somebody who wants to hear of changes. */
export interface Subscription {
  /** Who it is, for the bound on streams of one caller. */
  readonly principalId: string;
  readonly sight: Sight;
  readonly lastEventId: string | null;
  /** Aborts when its credentials end. */
  readonly ended?: AbortSignal | undefined;
  /** Environments whose check-ins are told as well. Default: none. */
  readonly watch?: readonly number[];
  /** Looks anew who it is and what they may see. Rejects when they may nothing any more. */
  renew(): Promise<Sight>;
}

export interface EventStreamsOptions extends WatchedCheckInSources {
  readonly log: EventLog;
}

interface Subscriber {
  readonly subscription: Subscription;
  readonly stream: EventStream;
  isRenewing: boolean;
  /** Monotonic ms since which something waits for the client to take it; null: nothing does. */
  stalledSinceMs: number | null;
}

const MAX_STREAMS = 256;
/** One caller cannot take all of them. */
const MAX_STREAMS_EACH = 32;
/** A stream whose caller may not have it any more ends within this, ms. */
const RENEW_MS = 5_000;
/** Comments keep proxies from closing a quiet stream; they begin at 30 s, ms. */
const BEAT_MS = 15_000;
/** A client that takes nothing for so long is dropped, ms. It comes back where it was. */
const STALL_MS = 30_000;
/** A check-in of a watched environment is told within this, ms. */
const CHECK_IN_MS = 1_000;

/** All event streams that are open. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #subscribers = new Set<Subscriber>();
  #stops: (() => void)[] = [];

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { log, clock } = this.#options;
    const toEach = (work: (stream: EventStream) => void) => () => {
      for (const { stream } of this.#subscribers) work(stream);
    };
    this.#stops = [
      log.onAppend(toEach((stream) => stream.advance())),
      clock.every(RENEW_MS, () => this.#renewAll()),
      clock.every(
        BEAT_MS,
        toEach((stream) => stream.beat()),
      ),
      clock.every(
        CHECK_IN_MS,
        toEach((stream) => stream.sendCheckIns()),
      ),
    ];
  }

  /** Ends every stream; safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const { stream } of this.#subscribers) stream.close();
    this.#subscribers.clear();
  }

  /** How many are open. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** @throws EdgeError `too-many-event-streams` (429) */
  open(subscription: Subscription): Readable {
    const { principalId, sight, lastEventId, ended, watch = [] } = subscription;
    const own = [...this.#subscribers].filter((other) => other.subscription.principalId === principalId);
    if (this.#subscribers.size >= MAX_STREAMS || own.length >= MAX_STREAMS_EACH) {
      throw new EdgeError('too-many-event-streams', 'There are too many event streams already', {
        status: 429,
        retryAfterSeconds: 30,
      });
    }
    const { log } = this.#options;
    const checkIns = watch.length > 0 ? new WatchedCheckIns(watch, this.#options) : null;
    const stream = new EventStream({ log, sight, lastEventId, checkIns });
    const subscriber: Subscriber = { subscription, stream, isRenewing: false, stalledSinceMs: null };
    this.#subscribers.add(subscriber);
    const stopListening = onAbort(ended, () => stream.close());
    stream.once('close', () => {
      this.#subscribers.delete(subscriber);
      stopListening();
    });
    return stream;
  }

  #renewAll(): void {
    for (const subscriber of this.#subscribers) {
      if (this.#isStalled(subscriber)) subscriber.stream.destroy();
      else void this.#renew(subscriber);
    }
  }

  async #renew(subscriber: Subscriber): Promise<void> {
    const { subscription, stream } = subscriber;
    try {
      // Whoever cannot be asked within the time has no say any more.
      if (subscriber.isRenewing) throw new Error('the host did not answer');
      subscriber.isRenewing = true;
      stream.sight = await subscription.renew();
      subscriber.isRenewing = false;
    } catch {
      stream.close();
      this.#subscribers.delete(subscriber);
    }
  }

  #isStalled(subscriber: Subscriber): boolean {
    const now = this.#options.clock.monotonic();
    if (subscriber.stream.isDrained) subscriber.stalledSinceMs = null;
    else subscriber.stalledSinceMs ??= now;
    return subscriber.stalledSinceMs !== null && now - subscriber.stalledSinceMs >= STALL_MS;
  }
}
