import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { SnapshotView } from '../../api.js';
import type { EngineSource, LiveEngine } from './engine-source.js';

/** After a failure there may be no event that says it is over. */
const AFTER_FAILURE_MS = 5_000;
/** Events that come together are one reason to list anew. */
const SOON_MS = 300;

/** How a section gets its rows. */
export interface LiveListOptions<R> {
  /** Types of events that can change the list, such as `container`. */
  readonly types: readonly string[];
  /** Asks the engine. */
  readonly list: (live: LiveEngine, signal: AbortSignal) => Promise<readonly R[]>;
  /** What a snapshot has of it. */
  readonly ofSnapshot: (snapshot: SnapshotView) => readonly R[];
  /** For what engines tell no events of: after so many ms it is listed again, while the page is visible. Default: never. */
  readonly againMs?: (rows: readonly R[]) => number;
}

/**
 * The rows of a section, for as long as it is in the page: listed once, and anew whenever the engine's events say that
 * they may have changed.
 */
export class LiveList<R> implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly source: EngineSource };
  readonly #options: LiveListOptions<R>;
  #rows: readonly R[] | null = null;
  #error: Error | null = null;
  #work = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  /** Of the call that is under way; that of an earlier stay in the page is none. */
  #listing: AbortSignal | null = null;
  /** Something changed while it was listed. */
  #isStale = false;
  #unsubscribe = () => {};

  constructor(host: ReactiveControllerHost & { readonly source: EngineSource }, options: LiveListOptions<R>) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  /** Null: not known yet. */
  get rows(): readonly R[] | null {
    return this.#rows;
  }
  /** Why the rows are not up to date. */
  get error(): Error | null {
    return this.#error;
  }

  hostConnected(): void {
    const { source } = this.#host;
    if ('snapshot' in source) {
      this.#rows = this.#options.ofSnapshot(source.snapshot);
      return;
    }
    this.#work = new AbortController();
    this.#unsubscribe = source.feed.subscribe(({ type }) => {
      if (this.#options.types.includes(type)) this.#refreshSoon();
    });
    void this.refresh();
  }

  hostDisconnected(): void {
    this.#unsubscribe();
    this.#work.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
  }

  /** Lists anew; if that is under way, once more behind it. */
  async refresh(): Promise<void> {
    const { source } = this.#host;
    if ('snapshot' in source) return;
    const { signal } = this.#work;
    if (this.#listing === signal) {
      this.#isStale = true;
      return;
    }
    this.#listing = signal;
    this.#isStale = false;
    try {
      const rows = await this.#options.list(source, signal);
      if (signal.aborted) return;
      this.#rows = rows;
      this.#error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
    this.#listing = null;
    this.#host.requestUpdate();
    if (this.#isStale) this.#refreshSoon();
    this.#refreshAgain();
  }

  #refreshAgain(): void {
    const { againMs } = this.#options;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    const inMs = againMs?.(this.#rows ?? []) ?? (this.#error ? AFTER_FAILURE_MS : null);
    if (inMs === null) return;
    this.#again = setTimeout(() => {
      if (isPageVisible()) void this.refresh();
      else this.#refreshAgain();
    }, inMs);
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.refresh();
    }, SOON_MS);
  }
}

/** Where there is no page at all, somebody looks, too. */
function isPageVisible(): boolean {
  const { document } = globalThis as { readonly document?: { readonly visibilityState: string } };
  return document?.visibilityState !== 'hidden';
}
