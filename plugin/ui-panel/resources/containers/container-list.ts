import '../../elements/resource-list/resource-list.js';
import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { LiveList } from '../../elements/controllers/live-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { Column, ResourceAction, ResourceLink } from '../../elements/resource-list/resource.js';
import { type Container, containersOfList, containersOfSnapshot } from '../../engine/model/container.js';
import type { EngineSource } from '../../engine/source.js';
import { statusBadge } from '../../format/status-badge.js';
import { styles } from '../../styles/shared.js';
import { ToolController } from '../../tools/tool-controller.js';
import { containerTone } from '../tones.js';
import { containerActions } from './actions.js';

const COLUMNS: readonly Column<Container>[] = [
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
    cell: ({ state, status }) => statusBadge(containerTone(state), status || state || 'Unknown'),
    text: ({ state }) => state,
    order: ({ state }) => state,
  },
];
const LIVE_COLUMNS: readonly Column<Container>[] = [
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
  readonly #list = new LiveList<Container>(this, {
    types: ['container'],
    list: async ({ engine }, signal) =>
      containersOfList(await engine.list('/containers/json?all=1', { signal })),
    ofSnapshot: containersOfSnapshot,
  });
  #actions: readonly ResourceAction<Container>[] = [];
  readonly #tools = new ToolController<Container>(this, 'container');

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('source'))
      this.#actions = 'engine' in this.source ? containerActions(this.source.engine) : [];
  }

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    const live = 'engine' in this.source ? this.source : null;
    return html`
      ${live ? this.#tools.view(live, rows) : ''}
      <fairlead-resource-list .noun=${['container', 'containers']} .rows=${rows} .error=${this.#tools.error ?? error}
        .columns=${live ? LIVE_COLUMNS : COLUMNS} .actions=${this.#actions} .links=${live ? this.#links : []}
        @acted=${() => void this.#list.refresh()}>
        ${rows ? html`<h3>Containers: ${rows.filter(isRunning).length} of ${rows.length} running</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  readonly #links: readonly ResourceLink<Container>[] = [
    this.#tools.link('Logs', 'logs'),
    this.#tools.link('Console', 'console', isRunning),
    this.#tools.link('Stats', 'stats', isRunning),
    this.#tools.link('Inspect', 'inspect'),
  ];
}

function isRunning({ state }: Container): boolean {
  return state === 'running';
}

defineElement('fairlead-container-list', ContainerListElement);
