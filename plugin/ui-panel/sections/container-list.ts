import { html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { defineElement } from '../define-element.js';
import '../elements/resource-list.js';
import type { Column, ResourceAction, ResourceLink } from '../elements/resource.js';
import type { EngineSource } from '../engine/engine-source.js';
import { LiveList } from '../engine/live-list.js';
import { signView } from '../sign-view.js';
import { styles } from '../styles.js';
import './container-logs.js';
import {
  type ContainerRow,
  type ListedContainer,
  moodOf,
  rowsOfList,
  rowsOfSnapshot,
} from './container-row.js';

type Tool = 'logs' | 'console';

const COLUMNS: readonly Column<ContainerRow>[] = [
  {
    title: 'Name',
    track: 'minmax(0, 1fr)',
    cell: ({ name, image }) =>
      html`<span class="line name" title=${name}>${name}</span><span class="line soft" title=${image}>${image}</span>`,
    text: ({ image }) => image,
    order: ({ name }) => name,
  },
  {
    title: 'State',
    track: 'minmax(8rem, 14rem)',
    cell: ({ state, status }) => signView(moodOf(state), status || state),
    text: ({ state }) => state,
    order: ({ state }) => state,
  },
];

/** The containers of an engine. */
export class ContainerListElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #list = new LiveList<ContainerRow>(this, {
    types: ['container'],
    list: async ({ engine }, signal) =>
      rowsOfList(await engine.list<ListedContainer>('/containers/json?all=1', { signal })),
    ofSnapshot: rowsOfSnapshot,
  });
  #open: { readonly tool: Tool; readonly container: ContainerRow } | null = null;
  #error: Error | null = null;

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    const isLive = 'engine' in this.source;
    return html`
      ${this.#tool()}
      <fairlead-resource-list .noun=${['container', 'containers']} .rows=${rows} .error=${this.#error ?? error}
        .columns=${COLUMNS} .actions=${isLive ? this.#actions : []} .links=${isLive ? this.#links : []}
        @acted=${() => void this.#list.refresh()}>
        ${rows ? html`<h3>Containers: ${rows.filter(({ state }) => state === 'running').length} of ${rows.length} running</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  readonly #actions: readonly ResourceAction<ContainerRow>[] = [
    { words: 'Start', isQuick: true, fits: (row) => !isRunning(row), run: (row) => this.#do(row, 'start') },
    { words: 'Stop', isQuick: true, fits: isRunning, run: (row) => this.#do(row, 'stop') },
    { words: 'Restart', isQuick: true, fits: isRunning, run: (row) => this.#do(row, 'restart') },
  ];

  readonly #links: readonly ResourceLink<ContainerRow>[] = [
    { words: 'Logs', fits: () => true, open: (container) => this.#show({ tool: 'logs', container }) },
    { words: 'Console', fits: isRunning, open: (container) => this.#show({ tool: 'console', container }) },
  ];

  async #do(row: ContainerRow, action: string): Promise<void> {
    if ('engine' in this.source)
      await this.source.engine.of(row).call('POST', `/containers/${encodeURIComponent(row.id)}/${action}`);
  }

  #tool(): TemplateResult | string {
    if (!this.#open || !('engine' in this.source)) return '';
    const { tool, container } = this.#open;
    const engine = this.source.engine.of(container);
    const close = () => this.#show(null);
    // Another container is another log, not this one with other words in it.
    return html`${repeat(
      [`${tool} ${container.id}`],
      (key) => key,
      () =>
        tool === 'logs'
          ? html`<fairlead-container-logs .engine=${engine} .container=${container}
              @close-tool=${close}></fairlead-container-logs>`
          : html`<fairlead-container-console .engine=${engine} .container=${container}
              @close-tool=${close}></fairlead-container-console>`,
    )}`;
  }

  #show(open: { readonly tool: Tool; readonly container: ContainerRow } | null): void {
    this.#open = open;
    this.#error = null;
    this.requestUpdate();
    // The terminal is larger than all the rest: it comes when somebody wants one.
    if (open?.tool !== 'console') return;
    import('./container-console.js').catch(() => {
      this.#error = new Error('The console could not be loaded');
      this.requestUpdate();
    });
  }
}

function isRunning({ state }: ContainerRow): boolean {
  return state === 'running';
}

defineElement('fairlead-container-list', ContainerListElement);
