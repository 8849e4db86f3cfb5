import { readChunks } from '../read-chunks.js';
import type { EngineClient } from './engine-client.js';
import { parseJsonLines } from './json-lines.js';
import type { NodeName } from './node-name.js';

/** What an engine says has happened. All texts are the engine's. */
export interface EngineEvent {
  /** Counts up: no two of a feed have the same. */
  readonly number: number;
  /** `container`, `image`, `volume`, `network`, `service`, `node` and others. */
  readonly type: string;
  /** `start`, `die`, `pull` and others. */
  readonly action: string;
  readonly id: string;
  /** Empty where it has none. */
  readonly name: string;
  /** What else it says that people look for, such as `image web:1, exitCode 137`. */
  readonly detail: string;
  /** Since 1970, by the engine's clock. */
  readonly timeMs: number;
  /** Whose engine says so, where several are listened to and it is not the one with the environment's tunnel. */
  readonly node?: NodeName;
}

export type FeedListener = (event: EngineEvent) => void;

const KEPT = 500;
/** What happened before the page opened; Docker itself remembers 256 events. */
const SINCE_MS = 60 * 60 * 1000;
/** Attributes that people look for. */
const DETAILS = ['image', 'exitCode', 'signal', 'container', 'oldName', 'state.new'];
const MAX_CHARACTERS = 300;
/** Everything that changes what lists show; `exec_*` and health checks alone would be thousands. */
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
 * An engine's events: one stream for everything that shows it. What lists something subscribes first, then lists, and
 * misses nothing. After its end `start()` goes on behind the last event; `stop()` at any time.
 */
export class EngineFeed {
  readonly #engine: EngineClient;
  readonly #onEnd: () => void;
  readonly #listeners = new Set<FeedListener>();
  readonly #work = new AbortController();
  #recent: readonly EngineEvent[] = [];
  #count = 0;
  /** Of the engine's last event. */
  #lastMs = 0;

  /** @param onEnd called each time the stream ends by itself */
  constructor(engine: EngineClient, onEnd: () => void) {
    this.#engine = engine;
    this.#onEnd = onEnd;
  }

  /** The last 500, oldest first. */
  get recent(): readonly EngineEvent[] {
    return this.#recent;
  }

  /**
   * Resolves once the engine tells its events.
   * @throws {ApiError} and `AbortError`
   */
  async start(): Promise<void> {
    const { signal } = this.#work;
    const toldMs = this.#lastMs;
    const nowMs = this.#engine.client.hubTime.now();
    const since = toldMs ? (toldMs / 1000).toFixed(3) : String(Math.floor((nowMs - SINCE_MS) / 1000));
    const query = new URLSearchParams({ since, filters: JSON.stringify(FILTERS) });
    const response = await this.#engine.open('GET', `/events?${query}`, { signal });
    void this.#follow(response, toldMs, signal);
  }

  /** Safe to call twice. */
  stop(): void {
    this.#work.abort();
  }

  /** @returns what ends it */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Passes on what happened: to this engine, or to another whose events come along. */
  publish(event: EngineEvent): void {
    const counted = { ...event, number: this.#count };
    this.#count += 1;
    this.#recent = [...this.#recent.slice(1 - KEPT), counted];
    for (const listener of [...this.#listeners]) listener(counted);
  }

  async #follow(response: Response, toldMs: number, signal: AbortSignal): Promise<void> {
    try {
      for await (const value of parseJsonLines(readChunks(response))) {
        const event = parseEngineEvent(value, this.#count);
        if (!event || signal.aborted || (toldMs > 0 && event.timeMs <= toldMs)) continue;
        this.#lastMs = event.timeMs;
        this.publish(event);
      }
    } catch {
      // Broken off: the same as its end.
    }
    if (!signal.aborted) this.#onEnd();
  }
}

/** Docker's own form; null for anything else, and for what a health check or a console does to a container. */
function parseEngineEvent(value: unknown, number: number): EngineEvent | null {
  const { Type, Action, Actor, time, timeNano } = Object(value);
  if (typeof Type !== 'string' || typeof Action !== 'string' || /^(exec_|top|health_status)/.test(Action))
    return null;
  const { ID, Attributes } = Object(Actor);
  const attributes: Readonly<Record<string, unknown>> = Object(Attributes);
  const details = DETAILS.flatMap((key) =>
    text(attributes[key]) ? `${key} ${shortened(text(attributes[key]))}` : [],
  );
  const ms = typeof timeNano === 'number' ? timeNano / 1e6 : Number(time) * 1000;
  return {
    number,
    type: text(Type),
    action: text(Action),
    id: text(ID),
    name: text(attributes.name),
    detail: details.join(', '),
    timeMs: Number.isFinite(ms) ? ms : 0,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARACTERS) : '';
}

/** An id as the docker client shows it. */
function shortened(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}
