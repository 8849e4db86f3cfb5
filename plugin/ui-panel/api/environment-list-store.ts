import type { EnvironmentList, EnvironmentStatus, EnvironmentView, HubEvent } from '../../api.js';
import { toError } from '../format/error.js';
import { type ApiClient, ApiError } from './client.js';

/** Filters and order of the list. */
export interface ListQuery {
  readonly search: string;
  readonly status: EnvironmentStatus | '';
  /** Environments must have all of them. */
  readonly tags: readonly string[];
  readonly sort: string;
}

type Change = Extract<HubEvent, { type: 'environment-changed' }>['data'];

const PAGE = 100;
/** Rows above and below the visible ones to load ahead of scrolling. */
const MARGIN = 15;
/** Changes within this time cause one refresh. */
const REFRESH_MS = 1_000;
/** After a failure. */
const RETRY_MS = 3_000;
/** Members by which the hub filters and sorts: a change may move the row. */
const ORDERING = ['name', 'tags', 'status', 'edgeId'] as const;

/**
 * The environments of one query, loaded as they are scrolled to. The hub searches, filters, sorts and pages; events
 * update loaded rows in place. `onChange` is called after each change of the visible rows. `close()` aborts requests.
 */
export class EnvironmentListStore {
  readonly #client: ApiClient;
  readonly #onChange: () => void;
  /** Indexes of the visible rows. */
  #shown = { first: 0, end: 0 };
  #query: ListQuery = { search: '', status: '', tags: [], sort: 'name' };
  /** By index; undefined: not requested yet. */
  #ids: (number | undefined)[] = [];
  #byId = new Map<number, EnvironmentView>();
  /** Changes received while a list was loading: the list may be older. */
  #changes: Change[] = [];
  #error: Error | null = null;
  #isLoading = false;
  #loading = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(client: ApiClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  get query(): ListQuery {
    return this.#query;
  }
  /** Number of environments, loaded or not. */
  get total(): number {
    return this.#ids.length;
  }
  get isLoading(): boolean {
    return this.#isLoading;
  }
  /** Why the list may be out of date; it is retried automatically. */
  get error(): Error | null {
    return this.#error;
  }

  /** The rows from `first` to before `end`, in the order of the query; null: not loaded yet. */
  rows(first: number, end: number): readonly (EnvironmentView | null)[] {
    return Array.from({ length: Math.max(0, end - first) }, (_, index) => {
      const id = this.#ids[first + index];
      return (id !== undefined && this.#byId.get(id)) || null;
    });
  }

  /** Reloads the visible rows; the current ones stay until then. */
  async load(query: ListQuery = this.#query): Promise<void> {
    if (query !== this.#query) this.#shown = { first: 0, end: 0 };
    this.#query = query;
    this.#stopLoading();
    await this.#fetch(Math.max(0, this.#shown.first - MARGIN), () => {
      this.#ids = [];
      this.#byId.clear();
    });
  }

  /** Sets the visible rows, from `first` to before `end`, and loads missing ones. */
  show(first: number, end: number): void {
    this.#shown = { first, end };
    if (this.#isLoading || this.#error) return;
    const from = Math.max(0, first - MARGIN);
    const to = Math.min(this.total, end + MARGIN);
    let missing = from;
    while (missing < to && this.#ids[missing] !== undefined) missing++;
    // One response covers all visible rows and both margins: two taken at different times may repeat a row.
    if (missing < to) void this.#fetch(Math.max(0, missing < first ? to - PAGE : from));
  }

  apply(event: HubEvent): void {
    if (event.type === 'environment-changed') {
      const { id, changes } = event.data;
      if (this.#isLoading) this.#changes.push(event.data);
      this.#change(event.data);
      if (this.#isShown(id)) this.#onChange();
      if (ORDERING.some((member) => member in changes && this.#isOrderedBy(member))) this.#scheduleLoad();
    } else if (event.type === 'environment-removed') {
      const index = this.#ids.indexOf(event.data.id);
      if (index >= 0) {
        this.#ids.splice(index, 1);
        this.#onChange();
      } else this.#scheduleLoad();
    } else if (event.type === 'environment-created' || event.type === 'reset') this.#scheduleLoad();
  }

  /** Safe to call twice. */
  close(): void {
    this.#stopLoading();
  }

  #change({ id, changes }: Change): void {
    const known = this.#byId.get(id);
    if (known) this.#byId.set(id, { ...known, ...changes } as EnvironmentView);
  }

  #isShown(id: number): boolean {
    return this.#ids.slice(this.#shown.first, this.#shown.end).includes(id);
  }

  #isOrderedBy(member: (typeof ORDERING)[number]): boolean {
    const { search, status, tags, sort } = this.#query;
    if (member === 'status') return status !== '' || /status|lastCheckInAt/.test(sort);
    if (member === 'tags' && tags.length > 0) return true;
    return search !== '' || sort.endsWith(member);
  }

  #scheduleLoad(ms = REFRESH_MS): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.load();
    }, ms);
  }

  #stopLoading(): void {
    this.#loading.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #fetch(offset: number, clear = () => {}): Promise<void> {
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#isLoading = true;
    this.#changes = [];
    this.#onChange();
    try {
      const list: EnvironmentList = await this.#client.call('GET', this.#path(offset), { signal });
      if (signal.aborted) return;
      clear();
      this.#put(offset, list);
      this.#error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#error = toError(error);
      // The hub rejects a retry of the same request too.
      if (!(error instanceof ApiError && error.status >= 400 && error.status < 500))
        this.#scheduleLoad(RETRY_MS);
    }
    this.#isLoading = false;
    this.#onChange();
  }

  #path(offset: number): string {
    const { search, status, tags, sort } = this.#query;
    const query = new URLSearchParams({ sort, limit: String(PAGE) });
    if (search) query.set('search', search);
    if (status) query.set('status', status);
    for (const tag of tags) query.append('tag', tag);
    if (offset > 0) query.set('offset', String(offset));
    return `/environments?${query}`;
  }

  /** Rows known at another index have moved. */
  #put(offset: number, { items, total }: EnvironmentList): void {
    const ids = new Set(items.map(({ id }) => id));
    this.#ids = this.#ids.map((id) => (id !== undefined && ids.has(id) ? undefined : id));
    this.#ids.length = total;
    items.forEach((item, index) => {
      this.#ids[offset + index] = item.id;
      this.#byId.set(item.id, item);
    });
    for (const change of this.#changes) this.#change(change);
  }
}
