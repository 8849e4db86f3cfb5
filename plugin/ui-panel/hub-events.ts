import type { HubEvent } from '../api.js';
import { type ApiClient, ApiError } from './api-client.js';
import { parseEvents } from './parse-events.js';
import { readChunks } from './read-chunks.js';

export type EventListener = (event: HubEvent) => void;

const RETRY_MS = 3_000;

/**
 * The hub's events by `fetch`, which can carry a token where `EventSource` cannot. After a break it goes on behind the
 * last event that came. `start()` and `stop()` may be called any number of times.
 */
export class HubEvents {
  readonly #client: ApiClient;
  readonly #retryMs: number;
  readonly #listeners = new Set<EventListener>();
  #running: AbortController | null = null;
  #lastId = '';

  constructor(client: ApiClient, { retryMs = RETRY_MS }: { retryMs?: number } = {}) {
    this.#client = client;
    this.#retryMs = retryMs;
  }

  /** @returns what ends it */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const headers = this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
        const response = await this.#client.open('GET', '/events', { headers, signal });
        for await (const { id, type, data } of parseEvents(readChunks(response))) {
          this.#lastId = id;
          if (data && !signal.aborted) this.#tell({ type, data: JSON.parse(data) } as HubEvent);
        }
      } catch (error) {
        // Whoever is signed out is told by the client; a later try cannot do better.
        if (error instanceof ApiError && error.status === 401) return;
      }
      await pause(this.#retryMs, signal);
    }
  }

  #tell(event: HubEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
