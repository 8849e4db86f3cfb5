import type { HubEvent } from '../../api.js';
import { type ApiClient, ApiError } from './client.js';
import { parseEvents } from './parse-events.js';
import { readChunks } from './read-chunks.js';

export type EventListener = (event: HubEvent) => void;

const RETRY_MS = 3_000;
/** Scrolling changes the watched environments continuously. */
const WATCH_MS = 1_000;
/** The hub's limit. */
const MAX_WATCHED = 100;

/**
 * The hub's events by `fetch`, which can carry a token where `EventSource` cannot. After a break it resumes after the
 * last event. `onLive` is called when the hub is unreachable, and when it is back. `start()` and `stop()` may be called any number of times.
 */
export class HubEvents {
  readonly #client: ApiClient;
  readonly #retryMs: number;
  readonly #watchMs: number;
  readonly #onLive: (isLive: boolean) => void;
  #isLive = true;
  readonly #listeners = new Set<EventListener>();
  readonly #watches = new Set<readonly number[]>();
  #running: AbortController | null = null;
  /** Ends the open stream only. */
  #stream = new AbortController();
  /** Ids that the open stream watches. */
  #watched = '';
  #watchTimer: ReturnType<typeof setTimeout> | null = null;
  #lastId = '';

  constructor(
    client: ApiClient,
    {
      retryMs = RETRY_MS,
      watchMs = WATCH_MS,
      onLive = () => {},
    }: { retryMs?: number; watchMs?: number; onLive?: (isLive: boolean) => void } = {},
  ) {
    this.#client = client;
    this.#onLive = onLive;
    this.#retryMs = retryMs;
    this.#watchMs = watchMs;
  }

  /** @returns a function that unsubscribes */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Also reports check-ins of these environments: `environment-changed` with `lastCheckInAt`, every 5 s at most.
   * @returns a function that ends the watch
   */
  watch(ids: readonly number[]): () => void {
    const watch = [...ids];
    this.#watches.add(watch);
    this.#scheduleWatch();
    return () => {
      if (this.#watches.delete(watch)) this.#scheduleWatch();
    };
  }

  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#follow(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#lastId = '';
    if (this.#watchTimer !== null) clearTimeout(this.#watchTimer);
    this.#watchTimer = null;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#stream = new AbortController();
      const stream = AbortSignal.any([signal, this.#stream.signal]);
      try {
        await this.#read(stream);
      } catch (error) {
        if (!stream.aborted) this.#setLive(false);
        // Not signed in: the client reports it, and a retry cannot succeed.
        if (error instanceof ApiError && error.status === 401) {
          if (this.#running?.signal === signal) this.#running = null;
          return;
        }
      }
      if (!stream.aborted) await pause(this.#retryMs, signal);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#watched = this.#wanted();
    const path = `/events${this.#watched && `?watch=${this.#watched}`}`;
    const headers = this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
    const response = await this.#client.open('GET', path, { headers, signal });
    this.#setLive(true);
    for await (const { id, type, data } of parseEvents(readChunks(response))) {
      // The next stream repeats events that were not published yet.
      if (signal.aborted) return;
      this.#lastId = id || this.#lastId;
      if (data) this.#publish({ type, data: JSON.parse(data) } as HubEvent);
    }
  }

  #scheduleWatch(): void {
    if (this.#watchTimer !== null) clearTimeout(this.#watchTimer);
    if (!this.#running) return;
    this.#watchTimer = setTimeout(() => {
      this.#watchTimer = null;
      if (this.#wanted() !== this.#watched) this.#stream.abort();
    }, this.#watchMs);
  }

  #wanted(): string {
    const ids = new Set([...this.#watches].flat());
    return [...ids]
      .sort((a, b) => a - b)
      .slice(0, MAX_WATCHED)
      .join();
  }

  #setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    this.#onLive(isLive);
  }

  #publish(event: HubEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
