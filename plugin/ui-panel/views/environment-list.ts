import { css, html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ApiClient } from '../api/client.js';
import { EnvironmentListStore, type ListQuery } from '../api/environment-list-store.js';
import type { HubEvents } from '../api/hub-events.js';
import { Subscription } from '../elements/controllers/subscription.js';
import { tick } from '../elements/controllers/tick.js';
import { environmentPath, navigate } from '../route.js';
import { styles } from '../styles/shared.js';
import { environmentRow, environmentRowStyles } from './environment-row.js';
import { RowScroller } from './row-scroller.js';

const SEARCH_MS = 250;
const SORTS = [
  ['name', 'Name'],
  ['status', 'Needs attention'],
  ['-lastCheckInAt', 'Latest check-in'],
  ['-createdAt', 'Newest'],
] as const;
const STATUSES = ['online', 'degraded', 'offline', 'refused', 'new'] as const;

/** All environments; only visible rows are rendered. */
export class EnvironmentListElement extends LitElement {
  static override properties = { client: { attribute: false }, events: { attribute: false } };
  static override styles = [
    styles,
    environmentRowStyles,
    css`
      .filters {
        display: grid;
        grid-template-columns: 2fr 1fr 1fr;
        gap: 0.6rem;
        margin: 0.8rem 0;
      }
      .chosen {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        align-items: center;
      }
      .scroller {
        --row-height: 76px;
        max-height: min(70vh, 48rem);
        overflow-y: auto;
        overflow-anchor: none;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      ul {
        list-style: none;
        margin: 0;
      }
      li {
        height: var(--row-height);
      }
      .empty {
        padding: 2.5rem 1rem;
        text-align: center;
      }
      @media (max-width: 56rem) {
        .scroller {
          --row-height: 108px;
        }
      }
      @media (max-width: 36rem) {
        .scroller {
          --row-height: 132px;
        }
        .filters {
          grid-template-columns: 1fr 1fr;
        }
        .filters > :first-child {
          grid-column: 1 / -1;
        }
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  readonly #rows = new RowScroller(this, () => this.#store?.total ?? 0);
  #store: EnvironmentListStore | null = null;
  #unwatch = () => {};
  /** Ids whose check-ins are watched. */
  #watched = '';
  #searching: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    tick(this);
    new Subscription(this, () => this.events.subscribe((event) => this.#store?.apply(event)));
  }

  override connectedCallback(): void {
    this.#store = new EnvironmentListStore(this.client, () => this.requestUpdate());
    super.connectedCallback();
    void this.#store.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch();
    this.#watched = '';
    this.#store?.close();
    if (this.#searching !== null) clearTimeout(this.#searching);
  }

  /** Render once a frame, and not at all while the page is hidden. */
  protected override async scheduleUpdate(): Promise<void> {
    if (this.hasUpdated) await new Promise(requestAnimationFrame);
    super.scheduleUpdate();
  }

  override render(): TemplateResult {
    const store = this.#store;
    if (!store) return html``;
    const { query, total } = store;
    const isFiltered = query.search !== '' || query.status !== '' || query.tags.length > 0;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Environments</h2>
        <span class="tools">
          <button type="button" @click=${() => navigate(this, 'settings')}>Settings</button>
          <button class="main" type="button" @click=${() => navigate(this, 'create')}>Create environment</button>
        </span>
      </div>
      <div class="filters">
        <label>Search
          <input type="search" maxlength="200" autocomplete="off" placeholder="Name, tag or id"
            @input=${(event: InputEvent) => this.#search(event)}>
        </label>
        <label>Status
          <select @change=${(event: Event) => this.#query({ status: inputOf(event) as ListQuery['status'] })}>
            <option value="">All</option>
            ${STATUSES.map((status) => html`<option value=${status}>${status}</option>`)}
          </select>
        </label>
        <label>Order
          <select @change=${(event: Event) => this.#query({ sort: inputOf(event) })}>
            ${SORTS.map(([sort, label]) => html`<option value=${sort}>${label}</option>`)}
          </select>
        </label>
      </div>
      ${query.tags.length > 0 ? this.#activeTags(query.tags) : ''}
      ${store.error ? html`<p class="notice bad" role="alert">The list is not up to date: ${store.error.message}</p>` : ''}
      <p class="soft" role="status">${total === 1 ? '1 environment' : `${total} environments`}${isFiltered ? ' found' : ''}</p>
      ${total > 0 ? this.#list(store) : store.isLoading || store.error ? '' : this.#empty(isFiltered)}
    `;
  }

  override updated(): void {
    // It may have been removed before its frame.
    if (!this.isConnected) return;
    const { first, end } = this.#rows.window;
    this.#store?.show(first, end);
    this.#watch(this.#store?.rows(first, end).flatMap((item) => item?.id ?? []) ?? []);
  }

  #activeTags(tags: readonly string[]): TemplateResult {
    return html`<p class="chosen"><span class="soft">With</span>
      ${tags.map(
        (tag) => html`<button class="tag" type="button" title=${tag} @click=${() => this.#toggle(tag)}
          ><span class="unseen">Remove tag filter </span>${tag} <span aria-hidden="true">✕</span></button>`,
      )}
    </p>`;
  }

  #list(store: EnvironmentListStore): TemplateResult {
    const { first, end, above, below } = this.#rows.window;
    const { tags } = store.query;
    const onTag = (tag: string) => this.#toggle(tag);
    const nowMs = this.client.hubTime.now();
    return html`<div class="scroller" tabindex="-1" @scroll=${this.#rows.scrolled} @keydown=${this.#rows.pressed}>
      <ul role="list" .style=${`padding: ${above}px 0 ${below}px`}>
        ${repeat(
          store.rows(first, end),
          (item, index) => item?.id ?? `place ${first + index}`,
          (item, index) =>
            html`<li aria-setsize=${store.total} aria-posinset=${first + index + 1}>${environmentRow(item, {
              tags,
              nowMs,
              onTag,
              onOpen: () => item && navigate(this, environmentPath(item.id)),
            })}</li>`,
        )}
      </ul>
    </div>`;
  }

  #empty(isFiltered: boolean): TemplateResult {
    return html`<p class="empty notice">${
      isFiltered ? 'No environments match.' : 'None yet. Create one, and run its command on a Docker host.'
    }</p>`;
  }

  #watch(ids: readonly number[]): void {
    const watched = ids.toSorted((a, b) => a - b).join();
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#unwatch();
    this.#unwatch = this.events.watch(ids);
  }

  #search(event: InputEvent): void {
    const search = inputOf(event);
    if (this.#searching !== null) clearTimeout(this.#searching);
    this.#searching = setTimeout(() => this.#query({ search }), SEARCH_MS);
  }

  #toggle(tag: string): void {
    const { tags = [] } = this.#store?.query ?? {};
    this.#query({ tags: tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag] });
  }

  #query(change: Partial<ListQuery>): void {
    if (!this.#store) return;
    this.#rows.toTop();
    void this.#store.load({ ...this.#store.query, ...change });
  }
}

function inputOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
