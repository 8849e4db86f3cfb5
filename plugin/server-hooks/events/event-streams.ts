import type { Readable } from 'node:stream';
import { problem } from '../../../protocol/problems.js';
import { onAbort } from '../model/on-abort.js';
import type { EventLog } from './event-log.js';
import { EventStream, type Visibility } from './event-stream.js';
import { type WatchedCheckInSources, WatchedCheckIns } from './watched-check-ins.js';

/** A client's request for events. */
export interface Subscription {
  /** For the limit on streams per caller. */
  readonly principalId: string;
  readonly visibility: Visibility;
  readonly lastEventId: string | null;
  /** Aborts when the credentials end. */
  readonly ended?: AbortSignal | undefined;
  /** Environments whose check-ins are sent as well. Default: none. */
  readonly watch?: readonly number[];
  /** Authenticates again and returns the current visibility. Rejects if access was lost. */
  renew(): Promise<Visibility>;
}

export interface EventStreamsOptions extends WatchedCheckInSources {
  readonly log: EventLog;
}

interface Subscriber {
  readonly subscription: Subscription;
  readonly stream: EventStream;
  isRenewing: boolean;
  /** Monotonic ms since which data waits for the client; null: none waits. */
  stalledSinceMs: number | null;
}

const MAX_STREAMS = 256;
/** Limit per caller. */
const MAX_STREAMS_EACH = 32;
/** A stream whose caller lost access ends within this, ms. */
const RENEW_MS = 5_000;
/** Comments keep proxies from closing a quiet stream; their limits start at 30 s, ms. */
const HEARTBEAT_MS = 15_000;
/** A client that reads nothing for this long is dropped, ms. It can resume at its position. */
const STALL_MS = 30_000;
/** Maximum delay of a watched environment's check-in, ms. */
const CHECK_IN_MS = 1_000;

/** All open event streams. */
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
        HEARTBEAT_MS,
        toEach((stream) => stream.heartbeat()),
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

  /** Number of open streams. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** @throws Problem `too-many-event-streams` (429) */
  open(subscription: Subscription): Readable {
    const { principalId, visibility, lastEventId, ended, watch = [] } = subscription;
    const own = [...this.#subscribers].filter((other) => other.subscription.principalId === principalId);
    if (this.#subscribers.size >= MAX_STREAMS || own.length >= MAX_STREAMS_EACH) {
      throw problem('too-many-event-streams', { retryAfterSeconds: 30 });
    }
    const { log } = this.#options;
    const checkIns = watch.length > 0 ? new WatchedCheckIns(watch, this.#options) : null;
    const stream = new EventStream({ log, visibility, lastEventId, checkIns });
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
      // The host did not answer within the interval: treat access as lost.
      if (subscriber.isRenewing) throw new Error('the host did not answer');
      subscriber.isRenewing = true;
      stream.visibility = await subscription.renew();
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
