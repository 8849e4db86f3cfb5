import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EnvironmentView } from '../../api.js';
import { ago } from '../ago.js';
import type { ApiClient } from '../api-client.js';
import { EnvironmentListStore, type ListQuery } from '../environment-list-store.js';
import type { HubEvents } from '../hub-events.js';
import { windowOf } from '../list-window.js';
import { navigate } from '../navigate.js';
import { environmentPath } from '../route.js';
import { signView } from '../sign-view.js';
import { signsOf } from '../signs.js';
import { styles } from '../styles.js';

const ROW_PX = 76;
const SEARCH_MS = 250;
/** A check-in is no event: the rows in the page are asked for again, while somebody sees them. */
const REFRESH_SECONDS = 10;
const SORTS = [
  ['name', 'Name'],
  ['status', 'What needs attention'],
  ['-lastCheckInAt', 'Latest check-in'],
  ['-createdAt', 'Newest'],
] as const;
const STATUSES = ['online', 'degraded', 'offline', 'refused', 'new'] as const;

/** All environments, of which only the rows in sight are in the page. */
export class EnvironmentListElement extends LitElement {
  static override properties = { client: { attribute: false }, events: { attribute: false } };
  static override styles = [
    styles,
    css`
      .filters {
        display: grid;
        grid-template-columns: 2fr 1fr 1fr;
        gap: 0.6rem;
        margin: 0.8rem 0;
      }
      .scroller {
        max-height: min(70vh, 48rem);
        overflow-y: auto;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      ul {
        list-style: none;
        margin: 0;
      }
      li {
        height: 76px;
      }
      .row {
        display: grid;
        grid-template: 'name signs seen' auto 'note signs seen' auto / minmax(0, 1fr) auto 6rem;
        align-content: center;
        column-gap: 1rem;
        width: 100%;
        height: 100%;
        text-align: left;
        border: 0;
        border-bottom: 1px solid var(--line);
        border-radius: 0;
      }
      .row:focus-visible {
        outline-offset: -3px;
      }
      .name {
        grid-area: name;
        font-weight: 600;
      }
      .note {
        grid-area: note;
        font-size: 0.85rem;
      }
      .note.problem {
        color: var(--bad);
      }
      .name,
      .note {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .signs {
        grid-area: signs;
        display: grid;
        grid-template-columns: repeat(3, 10rem);
        align-items: center;
      }
      .seen {
        grid-area: seen;
        align-self: center;
        text-align: right;
        font-size: 0.9rem;
        color: var(--soft);
      }
      .empty {
        padding: 2.5rem 1rem;
        text-align: center;
      }
      @media (max-width: 56rem) {
        .row {
          grid-template: 'name seen' auto 'signs signs' auto 'note note' auto / minmax(0, 1fr) auto;
          padding: 0 0.6rem;
        }
        .signs {
          grid-template-columns: repeat(3, auto);
          justify-content: start;
          column-gap: 0.9rem;
        }
        .signs .part {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        .note {
          font-size: 0.8rem;
        }
      }
      @media (max-width: 36rem) {
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
  #store: EnvironmentListStore | null = null;
  #unsubscribe = () => {};
  #ticks = 0;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #searching: ReturnType<typeof setTimeout> | null = null;
  #view = { scrollTop: 0, height: 600 };

  override connectedCallback(): void {
    super.connectedCallback();
    const store = new EnvironmentListStore(this.client, () => this.requestUpdate());
    this.#store = store;
    this.#unsubscribe = this.events.subscribe((event) => store.apply(event));
    this.#ticker = setInterval(() => this.#tick(store), 1000);
    void store.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
    this.#store?.close();
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#searching !== null) clearTimeout(this.#searching);
  }

  override render(): TemplateResult {
    const store = this.#store;
    if (!store) return html``;
    const { query, total } = store;
    const isFiltered = query.search !== '' || query.status !== '';
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
          <select @change=${(event: Event) => this.#ask({ status: inputOf(event) as ListQuery['status'] })}>
            <option value="">All</option>
            ${STATUSES.map((status) => html`<option value=${status}>${status}</option>`)}
          </select>
        </label>
        <label>Order
          <select @change=${(event: Event) => this.#ask({ sort: inputOf(event) })}>
            ${SORTS.map(([sort, words]) => html`<option value=${sort}>${words}</option>`)}
          </select>
        </label>
      </div>
      ${store.error ? html`<p class="notice bad" role="alert">The list is not up to date: ${store.error.message}</p>` : ''}
      <p class="soft" role="status">${total === 1 ? '1 environment' : `${total} environments`}${isFiltered ? ' found' : ''}</p>
      ${total > 0 ? this.#rows(store) : store.isLoading || store.error ? '' : this.#empty(isFiltered)}
    `;
  }

  override updated(_changed: PropertyValues): void {
    const scroller = this.#scroller;
    if (!scroller || !this.#store) return;
    const height = scroller.clientHeight;
    if (height !== this.#view.height) this.#scrolled(scroller);
    const { first, end } = this.#window();
    this.#store.show(first, end);
  }

  get #scroller(): HTMLElement | null {
    return this.renderRoot.querySelector('.scroller');
  }

  #rows(store: EnvironmentListStore): TemplateResult {
    const items = store.items;
    const { first, end, above, below } = this.#window();
    return html`<div class="scroller" @scroll=${(event: Event) => this.#scrolled(event.currentTarget as HTMLElement)}>
      <ul .style=${`padding: ${above}px 0 ${below}px`} @keydown=${(event: KeyboardEvent) => this.#move(event)}>
        ${repeat(
          items.slice(first, end),
          ({ id }) => id,
          (item, index) =>
            html`<li aria-setsize=${store.total} aria-posinset=${first + index + 1}>${this.#row(item)}</li>`,
        )}
      </ul>
    </div>`;
  }

  #row(item: EnvironmentView): TemplateResult {
    const note = item.problem
      ? html`<span class="note problem" title=${item.problem.detail}>${item.problem.detail}</span>`
      : html`<span class="note soft">${item.tags.join(', ') || `No. ${item.id}`}</span>`;
    return html`<button class="row" type="button" @click=${() => navigate(this, environmentPath(item.id))}>
      <span class="name">${item.name}</span>
      <span class="signs">${signsOf(item).map(({ part, mood, words }) => signView(mood, words, part))}</span>
      <span class="seen" title="Last check-in">${ago(item.lastCheckInAt, Date.now())}</span>
      ${note}
    </button>`;
  }

  #empty(isFiltered: boolean): TemplateResult {
    return html`<p class="empty notice">${
      isFiltered
        ? 'No environment is like that.'
        : 'None yet. Create one, and run the command it gives you on a Docker host.'
    }</p>`;
  }

  #window() {
    return windowOf(this.#store?.items.length ?? 0, { ...this.#view, rowHeight: ROW_PX });
  }

  #scrolled({ scrollTop, clientHeight }: HTMLElement): void {
    this.#view = { scrollTop, height: clientHeight };
    this.requestUpdate();
  }

  #tick(store: EnvironmentListStore): void {
    if (document.visibilityState !== 'visible') return;
    this.#ticks += 1;
    if (this.#ticks % REFRESH_SECONDS === 0) void store.refresh();
    this.requestUpdate();
  }

  #search(event: InputEvent): void {
    const search = inputOf(event);
    if (this.#searching !== null) clearTimeout(this.#searching);
    this.#searching = setTimeout(() => this.#ask({ search }), SEARCH_MS);
  }

  #ask(change: Partial<ListQuery>): void {
    if (!this.#store) return;
    this.#scroller?.scrollTo({ top: 0 });
    void this.#store.load({ ...this.#store.query, ...change });
  }

  /** Arrows go from row to row; the next one is in the page already, as a few more are than can be seen. */
  #move(event: KeyboardEvent): void {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const row = (event.target as HTMLElement).closest('li');
    if (!step || !row) return;
    event.preventDefault();
    const next = row[step as 'nextElementSibling']?.querySelector('button');
    next?.focus();
  }
}

function inputOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
