import type { EnvironmentList, EnvironmentStatus, EnvironmentView, HubEvent } from '../api.js';
import type { ApiClient } from './api-client.js';

/** What an operator asked for. */
export interface ListQuery {
  readonly search: string;
  readonly status: EnvironmentStatus | '';
  readonly sort: string;
}

interface Page {
  /** Where it begins; null: at the start. */
  readonly cursor: string | null;
  readonly ids: readonly number[];
}

const PAGE = 100;
/** Changes that come together are one reason to list anew. */
const SOON_MS = 1_000;
/** Members by which the hub filters and sorts: a row with another value may belong elsewhere. */
const ORDERING = ['name', 'tags', 'status', 'edgeId'] as const;

/**
 * The environments of one query, as far down as somebody has scrolled. The hub searches, filters and sorts; events
 * change what is known in place. `onChange` is called after each change. `close()` ends what is under way.
 */
export class EnvironmentListStore {
  readonly #client: ApiClient;
  readonly #onChange: () => void;
  /** Indices of the rows in the page. */
  #shown = { first: 0, end: 0 };
  #query: ListQuery = { search: '', status: '', sort: 'name' };
  #pages: readonly Page[] = [];
  #byId = new Map<number, EnvironmentView>();
  #nextCursor: string | null = null;
  #total = 0;
  #error: Error | null = null;
  #isLoading = false;
  #loading = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(client: ApiClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  /** In the order of the query. */
  get items(): readonly EnvironmentView[] {
    return this.#pages.flatMap(({ ids }) => ids.flatMap((id) => this.#byId.get(id) ?? []));
  }
  get query(): ListQuery {
    return this.#query;
  }
  /** How many there are, loaded or not. */
  get total(): number {
    return this.#total;
  }
  get isLoading(): boolean {
    return this.#isLoading;
  }
  /** Why the list may be out of date. */
  get error(): Error | null {
    return this.#error;
  }

  /** Lists anew, down to the last row that is shown; what is there stays until then. */
  async load(query: ListQuery = this.#query): Promise<void> {
    if (query !== this.#query) this.#shown = { first: 0, end: 0 };
    const wanted = this.#shown.end;
    this.#query = query;
    this.#stopLoading();
    await this.#attempt(async (signal) => {
      const pages: Page[] = [];
      const byId = new Map<number, EnvironmentView>();
      let cursor: string | null = null;
      do {
        const list: EnvironmentList = await this.#fetch(cursor, signal);
        pages.push({ cursor, ids: list.items.map(({ id }) => id) });
        for (const item of list.items) byId.set(item.id, item);
        this.#total = list.total;
        cursor = list.nextCursor;
      } while (cursor !== null && byId.size < wanted);
      this.#pages = pages;
      this.#byId = byId;
      this.#nextCursor = cursor;
    });
  }

  /** Tells which rows are in the page, from `first` to before `end`; the next page is fetched in time. */
  show(first: number, end: number): void {
    this.#shown = { first, end };
    if (end + PAGE / 2 > this.#byId.size) void this.#loadMore();
  }

  /** Asks again for the rows in the page: a check-in is no event. After a failure, lists anew. */
  async refresh(): Promise<void> {
    if (this.#isLoading) return;
    if (this.#error) return this.load();
    const { first, end } = this.#shown;
    let index = 0;
    const seen = this.#pages.filter(({ ids }) => {
      const from = index;
      index += ids.length;
      return from < end && index > first;
    });
    await this.#attempt(async (signal) => {
      for (const { cursor } of seen) {
        const { items } = await this.#fetch(cursor, signal);
        for (const item of items) if (this.#byId.has(item.id)) this.#byId.set(item.id, item);
      }
    });
  }

  apply(event: HubEvent): void {
    if (event.type === 'environment-changed') {
      const { id, changes } = event.data;
      const known = this.#byId.get(id);
      if (known) {
        this.#byId.set(id, { ...known, ...changes } as EnvironmentView);
        this.#onChange();
      }
      if (ORDERING.some((member) => member in changes && this.#isOrderedBy(member))) this.#loadSoon();
    } else if (event.type === 'environment-removed') {
      if (this.#byId.delete(event.data.id)) {
        this.#total -= 1;
        this.#onChange();
      } else this.#loadSoon();
    } else if (event.type === 'environment-created' || event.type === 'reset') this.#loadSoon();
  }

  /** Safe to call twice. */
  close(): void {
    this.#stopLoading();
  }

  /** Unless it is on its way, or there is none, or the last try failed: then only a new list helps. */
  async #loadMore(): Promise<void> {
    const cursor = this.#nextCursor;
    if (cursor === null || this.#isLoading || this.#error) return;
    await this.#attempt(async (signal) => {
      const { items, nextCursor, total } = await this.#fetch(cursor, signal);
      // One that moved between two pages can come twice.
      const added = items.filter(({ id }) => !this.#byId.has(id));
      this.#pages = [...this.#pages, { cursor, ids: added.map(({ id }) => id) }];
      for (const item of items) this.#byId.set(item.id, item);
      this.#nextCursor = nextCursor;
      this.#total = total;
    });
  }

  #isOrderedBy(member: (typeof ORDERING)[number]): boolean {
    const { search, status, sort } = this.#query;
    if (member === 'status') return status !== '' || /status|lastCheckInAt/.test(sort);
    return search !== '' || sort.endsWith(member);
  }

  #loadSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.load();
    }, SOON_MS);
  }

  #stopLoading(): void {
    this.#loading.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #fetch(cursor: string | null, signal: AbortSignal): Promise<EnvironmentList> {
    const { search, status, sort } = this.#query;
    const query = new URLSearchParams({ sort, limit: String(PAGE) });
    if (search) query.set('search', search);
    if (status) query.set('status', status);
    if (cursor) query.set('cursor', cursor);
    return this.#client.call('GET', `/environments?${query}`, { signal });
  }

  async #attempt(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#isLoading = true;
    this.#onChange();
    try {
      await work(signal);
      this.#error = null;
    } catch (error) {
      if (!signal.aborted) this.#error = error instanceof Error ? error : new Error(String(error));
    }
    if (signal.aborted) return;
    this.#isLoading = false;
    this.#onChange();
  }
}
