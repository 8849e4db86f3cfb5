import { readChunks } from '../api/read-chunks.js';
import type { EngineClient } from './client.js';
import { type EngineEvent, parseEngineEvent } from './model/event.js';
import { parseJsonLines } from './model/json-lines.js';

export type FeedListener = (event: EngineEvent) => void;

const KEPT = 500;
/** Also get earlier events; Docker keeps 256. */
const SINCE_MS = 60 * 60 * 1000;
/** Event types that change a list; `exec_*` and health checks would be thousands. */
const FILTERS = {
  type: [
    'container',
    'image',
    'volume',
    'network',
    'service',
    'node',
    'secret',
    'config',
    'daemon',
    'plugin',
  ],
};

/**
 * An engine's events: one stream for all its subscribers. Subscribe first, then list, to miss nothing. After the stream's
 * end `start()` resumes after the last event; call `stop()` at any time.
 */
export class EngineFeed {
  readonly #engine: EngineClient;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<FeedListener>();
  readonly #work = new AbortController();
  #isLive = false;
  #recent: readonly EngineEvent[] = [];
  #count = 0;
  /** Time of the engine's last event. */
  #lastMs = 0;

  /** @param onEnd called each time the stream ends without `stop()` */
  constructor(engine: EngineClient, onEnd: () => void) {
    this.#engine = engine;
    this.#onEnd = onEnd;
  }

  /** Whether events arrive. */
  get isLive(): boolean {
    return this.#isLive;
  }
  /** The last 500, oldest first. */
  get recent(): readonly EngineEvent[] {
    return this.#recent;
  }

  /**
   * Resolves once the engine sends its events.
   * @throws {ApiError} and `AbortError`
   */
  async start(): Promise<void> {
    const { signal } = this.#work;
    const publishedMs = this.#lastMs;
    const nowMs = this.#engine.client.hubTime.now();
    const since = publishedMs
      ? (publishedMs / 1000).toFixed(3)
      : String(Math.floor((nowMs - SINCE_MS) / 1000));
    const query = new URLSearchParams({ since, filters: JSON.stringify(FILTERS) });
    const response = await this.#engine.open('GET', `/events?${query}`, { signal });
    this.#isLive = true;
    void this.#follow(response, publishedMs, signal);
  }

  /** Safe to call twice. */
  stop(): void {
    this.#work.abort();
  }

  /** @returns a function that unsubscribes */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Publishes an event of this engine, or of another node's. */
  publish(event: EngineEvent): void {
    const counted = { ...event, number: this.#count };
    this.#count += 1;
    this.#recent = [...this.#recent.slice(1 - KEPT), counted];
    for (const listener of [...this.#listeners]) listener(counted);
  }

  async #follow(response: Response, publishedMs: number, signal: AbortSignal): Promise<void> {
    try {
      for await (const value of parseJsonLines(readChunks(response))) {
        const event = parseEngineEvent(value, this.#count);
        if (!event || signal.aborted || (publishedMs > 0 && event.timeMs <= publishedMs)) continue;
        this.#lastMs = event.timeMs;
        this.publish(event);
      }
    } catch {
      // An interrupted stream has ended too.
    }
    this.#isLive = false;
    if (!signal.aborted) this.#onEnd();
  }
}
