import { css, html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { SnapshotView } from '../../api.js';
import { type ApiClient, ApiError } from '../api-client.js';
import { type ContainerRow, moodOf, rowsOfList, rowsOfSnapshot } from '../containers.js';
import { defineElement } from '../define-element.js';
import { readChunks } from '../read-chunks.js';
import { signView } from '../sign-view.js';
import { styles } from '../styles.js';
import './container-logs.js';

const SOON_MS = 300;
const RETRY_MS = 2_000;
const EVENTS = `filters=${encodeURIComponent(JSON.stringify({ type: ['container'] }))}`;

type Action = 'start' | 'stop' | 'restart';
type Tool = 'logs' | 'console';

/**
 * The containers of an open environment, kept up to date by the engine's own events; or, with `snapshot`, those that a
 * snapshot knows, without anything to do to them. Tells `connection-lost` when the engine's events end.
 */
export class ContainerListElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    environmentId: { attribute: false },
    snapshot: { attribute: false },
  };
  static override styles = [
    styles,
    css`
      ul {
        list-style: none;
        margin: 0.8rem 0;
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 14rem 22rem;
        gap: 0.5rem 1rem;
        align-items: center;
        padding: 0.6rem 0.8rem;
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      .what {
        overflow: hidden;
      }
      .what > * {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .what > :first-child {
        font-weight: 600;
      }
      .what > .soft {
        font-size: 0.85rem;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
      }
      @media (max-width: 56rem) {
        li {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];
  declare client: ApiClient;
  declare environmentId: number;
  declare snapshot: SnapshotView['containers'] | undefined;
  #rows: readonly ContainerRow[] | null = null;
  #search = '';
  #error: Error | null = null;
  readonly #busy = new Set<string>();
  #open: { readonly tool: Tool; readonly container: ContainerRow } | null = null;
  #work = new AbortController();
  #timer: ReturnType<typeof setTimeout> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.snapshot) return;
    this.#work = new AbortController();
    void this.#follow(this.#work.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    const rows = this.snapshot ? rowsOfSnapshot(this.snapshot) : this.#rows;
    if (!rows) return html`<p class="soft" role="status">Asking the engine for its containers …</p>`;
    const word = this.#search.toLowerCase();
    const found = rows.filter(({ name, image }) => `${name}\n${image}`.toLowerCase().includes(word));
    return html`
      <div class="bar">
        <h3>Containers: ${rows.filter(({ state }) => state === 'running').length} of ${rows.length} running</h3>
        <label>Filter
          <input type="search" autocomplete="off" placeholder="Name or image" @input=${(event: InputEvent) => this.#filter(event)}>
        </label>
      </div>
      ${this.#error ? html`<p class="notice bad" role="alert">${this.#error.message}</p>` : ''}
      ${this.#tool()}
      ${
        found.length > 0
          ? html`<ul>${repeat(
              found,
              ({ id }) => id,
              (row) => this.#row(row),
            )}</ul>`
          : html`<p class="notice">${rows.length > 0 ? 'No container is called that.' : 'This engine has no containers.'}</p>`
      }
    `;
  }

  #row(row: ContainerRow): TemplateResult {
    return html`<li data-name=${row.name}>
      <span class="what"><span title=${row.name}>${row.name}</span><span class="soft" title=${row.image}>${row.image}</span></span>
      ${signView(moodOf(row.state), row.status || row.state)}
      ${this.snapshot ? html`<span></span>` : this.#tools(row)}
    </li>`;
  }

  #tools(row: ContainerRow): TemplateResult {
    const isRunning = row.state === 'running';
    const act = (action: Action, words: string) =>
      html`<button type="button" aria-label=${`${words} ${row.name}`} ?disabled=${this.#busy.has(row.id)}
        @click=${() => void this.#act(row, action)}>${words}</button>`;
    const show = (tool: Tool, words: string) =>
      html`<button type="button" aria-label=${`${words} of ${row.name}`} @click=${() => this.#show({ tool, container: row })}>${words}</button>`;
    return html`<span class="tools">
      ${isRunning ? [act('stop', 'Stop'), act('restart', 'Restart')] : act('start', 'Start')}
      ${show('logs', 'Logs')}
      ${isRunning ? show('console', 'Console') : ''}
    </span>`;
  }

  #tool(): TemplateResult | string {
    if (!this.#open) return '';
    const { tool, container } = this.#open;
    const close = () => this.#show(null);
    // Another container is another log, not this one with other words in it.
    return html`${repeat(
      [`${tool} ${container.id}`],
      (key) => key,
      () =>
        tool === 'logs'
          ? html`<fairlead-container-logs .client=${this.client} .environmentId=${this.environmentId}
            .container=${container} @close-tool=${close}></fairlead-container-logs>`
          : html`<fairlead-container-console .client=${this.client} .environmentId=${this.environmentId}
            .container=${container} @close-tool=${close}></fairlead-container-console>`,
    )}`;
  }

  #show(open: { readonly tool: Tool; readonly container: ContainerRow } | null): void {
    this.#open = open;
    this.requestUpdate();
    // The terminal is larger than all the rest: it comes when somebody wants one.
    if (open?.tool === 'console')
      import('./container-console.js').catch(() => this.#fail(new Error('The console could not be loaded')));
  }

  /** Each event of a container is a reason to list anew. */
  async #follow(signal: AbortSignal): Promise<void> {
    try {
      const events = await this.client.open('GET', this.#path(`events?${EVENTS}`), { signal });
      await this.#list(signal);
      for await (const _ of readChunks(events)) this.#listSoon(signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
    if (signal.aborted) return;
    this.#timer = setTimeout(() => this.dispatchEvent(new CustomEvent('connection-lost')), RETRY_MS);
  }

  #listSoon(signal: AbortSignal): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#list(signal).catch((error: unknown) => this.#fail(error));
    }, SOON_MS);
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#rows = rowsOfList(await this.client.call('GET', this.#path('containers/json?all=1'), { signal }));
    this.requestUpdate();
  }

  async #act({ id }: ContainerRow, action: Action): Promise<void> {
    this.#busy.add(id);
    this.#error = null;
    this.requestUpdate();
    try {
      await this.client.call('POST', this.#path(`containers/${encodeURIComponent(id)}/${action}`));
      await this.#list(this.#work.signal);
    } catch (error) {
      this.#fail(error);
    }
    this.#busy.delete(id);
    this.requestUpdate();
  }

  #filter(event: InputEvent): void {
    this.#search = (event.target as HTMLInputElement).value;
    this.requestUpdate();
  }

  #path(rest: string): string {
    return `/environments/${this.environmentId}/docker/${rest}`;
  }

  #fail(error: unknown): void {
    if (this.#work.signal.aborted) return;
    this.#error = error instanceof Error ? error : new ApiError('internal', String(error), 0);
    this.requestUpdate();
  }
}

defineElement('fairlead-container-list', ContainerListElement);
