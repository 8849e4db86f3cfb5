import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { SnapshotView } from '../../../api.js';
import type { EngineEvent } from '../../engine/model/event.js';
import type { EngineSource, LiveEngine } from '../../engine/source.js';
import { toError } from '../../format/error.js';

/** Retry after a failure: no event reports its end. */
const AFTER_FAILURE_MS = 5_000;
/** Events within this time cause one refresh. */
const REFRESH_MS = 300;
/** How long the event of an action may take. */
const EVENT_MS = 1_000;

/** How to list an engine's resources. */
export interface LiveListOptions<R> {
  /** Whether an event can change the list. */
  readonly isAffectedBy: (event: EngineEvent) => boolean;
  /** Lists from the engine. */
  readonly list: (live: LiveEngine, signal: AbortSignal) => Promise<readonly R[]>;
  /** Lists from a snapshot. */
  readonly ofSnapshot: (snapshot: SnapshotView) => readonly R[];
  /** Poll interval, ms, for kinds without engine events, while the page is visible. Default and null: never. */
  readonly pollMs?: (rows: readonly R[]) => number | null;
}

/**
 * An engine's resources while the host is in the page: listed once, and again whenever an engine event may have changed
 * them.
 */
export class LiveList<R> implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly source: EngineSource };
  readonly #options: LiveListOptions<R>;
  #rows: readonly R[] | null = null;
  #error: Error | null = null;
  #work = new AbortController();
  /** The scheduled refresh. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Whether it waits for the event of an action. */
  #isFallback = false;
  #poll: ReturnType<typeof setTimeout> | null = null;
  /** Signal of the running call; ignored if the host was disconnected since. */
  #listing: AbortSignal | null = null;
  /** A refresh is due after the running call. */
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
    this.#unsubscribe = source.feed.subscribe((event) => {
      if (this.#options.isAffectedBy(event)) this.#schedule(REFRESH_MS);
    });
    void this.refresh();
  }

  hostDisconnected(): void {
    this.#unsubscribe();
    this.#work.abort();
    this.#unschedule();
    if (this.#poll !== null) clearTimeout(this.#poll);
    this.#poll = null;
  }

  /** Call after an action: lists when its event arrives, or without one after a second. */
  expectChange(): void {
    const { source } = this.#host;
    if ('snapshot' in source) return;
    if (!source.feed.isLive) void this.refresh();
    // A scheduled refresh lists after the action anyway.
    else if (this.#timer === null) this.#schedule(EVENT_MS, true);
  }

  /** Lists again; if a call is running, once more after it. */
  async refresh(): Promise<void> {
    const { source } = this.#host;
    if ('snapshot' in source) return;
    this.#unschedule();
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
      this.#error = toError(error);
    }
    this.#listing = null;
    this.#host.requestUpdate();
    if (this.#isStale) this.#schedule(REFRESH_MS);
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    const { pollMs } = this.#options;
    if (this.#poll !== null) clearTimeout(this.#poll);
    this.#poll = null;
    const inMs = pollMs?.(this.#rows ?? []) ?? (this.#error ? AFTER_FAILURE_MS : null);
    if (inMs === null) return;
    this.#poll = setTimeout(() => {
      if (isPageVisible()) void this.refresh();
      else this.#schedulePoll();
    }, inMs);
  }

  #schedule(ms: number, isFallback = false): void {
    // The event arrived: no need to wait for the fallback.
    if (this.#timer !== null && this.#isFallback && !isFallback) this.#unschedule();
    if (this.#timer !== null) return;
    this.#isFallback = isFallback;
    this.#timer = setTimeout(() => void this.refresh(), ms);
  }

  #unschedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Without a document (tests), the page counts as visible. */
function isPageVisible(): boolean {
  const { document } = globalThis as { readonly document?: { readonly visibilityState: string } };
  return document?.visibilityState !== 'hidden';
}
