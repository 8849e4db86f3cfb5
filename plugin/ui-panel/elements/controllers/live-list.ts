import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { SnapshotView } from '../../../api.js';
import type { EngineSource, LiveEngine } from '../../engine/source.js';

/** Retry after a failure: no event reports its end. */
const AFTER_FAILURE_MS = 5_000;
/** Events within this time cause one refresh. */
const REFRESH_MS = 300;

/** How to list a section's rows. */
export interface LiveListOptions<R> {
  /** Types of events that can change the list, such as `container`. */
  readonly types: readonly string[];
  /** Lists from the engine. */
  readonly list: (live: LiveEngine, signal: AbortSignal) => Promise<readonly R[]>;
  /** Lists from a snapshot. */
  readonly ofSnapshot: (snapshot: SnapshotView) => readonly R[];
  /** Poll interval, ms, for kinds without engine events, while the page is visible. Default: never. */
  readonly againMs?: (rows: readonly R[]) => number;
}

/**
 * The rows of a section while it is in the page: listed once, and again whenever an engine event may have changed them.
 */
export class LiveList<R> implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly source: EngineSource };
  readonly #options: LiveListOptions<R>;
  #rows: readonly R[] | null = null;
  #error: Error | null = null;
  #work = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  /** Signal of the running call; ignored if the host was disconnected since. */
  #listing: AbortSignal | null = null;
  /** An event arrived during the call. */
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
      if (this.#options.types.includes(type)) this.#scheduleRefresh();
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

  /** Lists again; if a call is running, once more after it. */
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
    if (this.#isStale) this.#scheduleRefresh();
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    const { againMs } = this.#options;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    const inMs = againMs?.(this.#rows ?? []) ?? (this.#error ? AFTER_FAILURE_MS : null);
    if (inMs === null) return;
    this.#again = setTimeout(() => {
      if (isPageVisible()) void this.refresh();
      else this.#schedulePoll();
    }, inMs);
  }

  #scheduleRefresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.refresh();
    }, REFRESH_MS);
  }
}

/** Without a document (tests), the page counts as visible. */
function isPageVisible(): boolean {
  const { document } = globalThis as { readonly document?: { readonly visibilityState: string } };
  return document?.visibilityState !== 'hidden';
}
