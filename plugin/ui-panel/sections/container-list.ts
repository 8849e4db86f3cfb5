import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { defineElement } from '../define-element.js';
import '../elements/resource-list.js';
import type { Column, ResourceAction, ResourceLink } from '../elements/resource.js';
import { keyOf } from '../elements/resource-names.js';
import type { EngineSource, LiveEngine } from '../engine/engine-source.js';
import { LiveList } from '../engine/live-list.js';
import { focused } from '../focused.js';
import { signView } from '../sign-view.js';
import { styles } from '../styles.js';
import { containerActions } from './container-actions.js';
import './container-inspect.js';
import './container-logs.js';
import { type ContainerRow, moodOf, rowsOfList, rowsOfSnapshot } from './container-row.js';

type Tool = 'logs' | 'console' | 'stats' | 'inspect';

/** What is large comes when somebody wants it. */
const LATER: Partial<Record<Tool, () => Promise<unknown>>> = {
  console: () => import('./container-console.js'),
  stats: () => import('./container-stats.js'),
};

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
    cell: ({ state, status }) => signView(moodOf(state), status || state || 'state not told'),
    text: ({ state }) => state,
    order: ({ state }) => state,
  },
];
const LIVE_COLUMNS: readonly Column<ContainerRow>[] = [
  ...COLUMNS,
  {
    title: 'Ports',
    track: 'minmax(0, 9rem)',
    cell: ({ ports }) => html`<span class="soft">${ports.join(', ') || 'none'}</span>`,
    text: ({ ports }) => ports.join(' '),
  },
];

/** The containers of an engine. */
export class ContainerListElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #list = new LiveList<ContainerRow>(this, {
    types: ['container'],
    list: async ({ engine }, signal) => rowsOfList(await engine.list('/containers/json?all=1', { signal })),
    ofSnapshot: rowsOfSnapshot,
  });
  #actions: readonly ResourceAction<ContainerRow>[] = [];
  #open: { readonly tool: Tool; readonly container: ContainerRow } | null = null;
  /** What opened it: who closes it is there again. */
  #opener: HTMLElement | null = null;
  #error: Error | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('source'))
      this.#actions = 'engine' in this.source ? containerActions(this.source.engine) : [];
  }

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    const live = 'engine' in this.source ? this.source : null;
    return html`
      ${live && this.#open ? this.#tool(live, this.#open) : ''}
      <fairlead-resource-list .noun=${['container', 'containers']} .rows=${rows} .error=${this.#error ?? error}
        .columns=${live ? LIVE_COLUMNS : COLUMNS} .actions=${this.#actions} .links=${live ? this.#links : []}
        @acted=${() => void this.#list.refresh()}>
        ${rows ? html`<h3>Containers: ${rows.filter(isRunning).length} of ${rows.length} running</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  readonly #links: readonly ResourceLink<ContainerRow>[] = [
    { words: 'Logs', fits: () => true, open: (container) => void this.#show('logs', container) },
    { words: 'Console', fits: isRunning, open: (container) => void this.#show('console', container) },
    { words: 'Stats', fits: isRunning, open: (container) => void this.#show('stats', container) },
    { words: 'Inspect', fits: () => true, open: (container) => void this.#show('inspect', container) },
  ];

  #tool(live: LiveEngine, { tool, container }: { tool: Tool; container: ContainerRow }): TemplateResult {
    const rows = this.#list.rows;
    const now = rows?.find((row) => keyOf(row) === keyOf(container));
    // Another container is another log, not this one with other words in it.
    return html`${keyed(`${tool} ${keyOf(container)}`, this.#element(tool, { ...live, engine: live.engine.of(container) }, now ?? container, rows !== null && !now))}`;
  }

  #element(tool: Tool, live: LiveEngine, container: ContainerRow, isGone: boolean): TemplateResult {
    const close = () => this.#close();
    switch (tool) {
      case 'logs':
        return html`<fairlead-container-logs .live=${live} .container=${container} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-logs>`;
      case 'console':
        return html`<fairlead-container-console .live=${live} .container=${container} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-console>`;
      case 'stats':
        return html`<fairlead-container-stats .live=${live} .container=${container} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-stats>`;
      case 'inspect':
        return html`<fairlead-container-inspect .live=${live} .container=${container} .isGone=${isGone}
          @close-tool=${close}></fairlead-container-inspect>`;
    }
  }

  async #show(tool: Tool, container: ContainerRow): Promise<void> {
    const opener = focused(this.ownerDocument);
    this.#opener = opener;
    this.#error = null;
    try {
      await LATER[tool]?.();
      // Something else was opened meanwhile.
      if (this.#opener !== opener) return;
      this.#open = { tool, container };
    } catch {
      this.#error = new Error(
        `${tool === 'console' ? 'The console' : 'What draws the charts'} could not be loaded`,
      );
    }
    this.requestUpdate();
  }

  #close(): void {
    this.#open = null;
    this.requestUpdate();
    this.#opener?.focus();
  }
}

function isRunning({ state }: ContainerRow): boolean {
  return state === 'running';
}

defineElement('fairlead-container-list', ContainerListElement);
