import '../../elements/resource-list/resource-list.js';
import './service-scale.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { ManagerList } from '../../elements/controllers/manager-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { Column, ResourceAction, ResourceLink } from '../../elements/resource-list/resource.js';
import {
  redeployService,
  removeService,
  rollBackService,
  scaleService,
} from '../../engine/change-service.js';
import { isChanging, type Service, servicesOfList, servicesOfSnapshot } from '../../engine/model/service.js';
import type { EngineSource } from '../../engine/source.js';
import { statusBadge } from '../../format/status-badge.js';
import { styles } from '../../styles/shared.js';
import { ToolController } from '../../tools/tool-controller.js';
import { serviceTone, updateTone } from '../tones.js';

/** Poll intervals: Docker has no events of tasks, and so of replicas. */
const BUSY_POLL_MS = 2_000;
const IDLE_POLL_MS = 10_000;

/** The services of a Swarm. */
export class SwarmServicesElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #list = new ManagerList<Service>(this, {
    types: ['service', 'node'],
    list: async ({ engine }, signal) =>
      servicesOfList(await engine.call<unknown>('GET', '/services?status=true', { signal })),
    ofSnapshot: servicesOfSnapshot,
    againMs: (rows) => (rows.some(isChanging) ? BUSY_POLL_MS : IDLE_POLL_MS),
  });
  /** Error of the last scaling, until an action succeeds. */
  #failure: Error | null = null;
  /** Ids of services being scaled. */
  readonly #scaling = new Set<string>();

  readonly #tools = new ToolController<Service>(this, 'service');

  override render(): TemplateResult {
    const { rows, error, engine } = this.#list;
    return html`
      ${this.#list.notice()}
      ${'engine' in this.source && engine ? this.#tools.view(this.source, rows) : ''}
      <fairlead-resource-list .noun=${['service', 'services']} .rows=${rows} .error=${error ?? this.#failure}
        .columns=${this.#columns} .actions=${engine ? this.#actions : []} .links=${engine ? this.#links : []}
        @acted=${() => void this.#list.refresh()}>
        ${rows ? html`<h3>Services: ${rows.filter(({ running, desired }) => running >= desired).length} of ${rows.length} complete</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  readonly #columns: readonly Column<Service>[] = [
    {
      title: 'Name',
      track: 'minmax(0, 1fr)',
      cell: ({ name, image }) =>
        html`<span class="line name" title=${name}>${name}</span><span class="line soft" title=${image}>${image}</span>`,
      text: ({ image }) => image,
      order: ({ name }) => name,
    },
    {
      title: 'Replicas',
      track: 'minmax(9rem, 12rem)',
      cell: (row) => html`
        ${statusBadge(serviceTone(row), `${row.running} of ${row.desired} running`)}
        ${row.replicas === null || !this.#list.engine ? html`<br><span class="soft">${row.mode}</span>` : this.#scale(row)}
      `,
      text: ({ mode }) => mode,
      order: ({ running, desired }) => running - desired,
    },
    {
      title: 'Ports',
      track: 'minmax(5rem, 11rem)',
      cell: ({ ports }) =>
        ports.length > 0
          ? html`${ports.map((port) => html`<span class="line">${port}</span>`)}`
          : html`<span class="soft">none</span>`,
      text: ({ ports }) => ports.join(' '),
    },
    {
      title: 'Update',
      track: 'minmax(6rem, 14rem)',
      cell: (row) =>
        row.update === ''
          ? html`<span class="soft">none yet</span>`
          : html`${statusBadge(updateTone(row), row.update.replace('_', ' '))}<br><span class="soft">${row.updateMessage}</span>`,
      text: ({ update }) => update,
      order: ({ update }) => update,
    },
  ];

  readonly #actions: readonly ResourceAction<Service>[] = [
    {
      label: 'Redeploy',
      isQuick: true,
      appliesTo: ({ mode }) => !mode.endsWith('-job'),
      run: (row) => this.#do(redeployService, row),
      confirm: {
        warning:
          'Its tasks restart, following its update settings. A service with one task is unavailable meanwhile.',
      },
    },
    {
      label: 'Roll back',
      isQuick: true,
      appliesTo: ({ canRollBack }) => canRollBack,
      run: (row) => this.#do(rollBackService, row),
      confirm: {
        warning: 'Restores the spec from before its last update, and restarts its tasks.',
      },
    },
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: () => true,
      run: (row) => this.#do(removeService, row),
      confirm: {
        warning:
          'All its tasks stop, and their containers are removed. Volumes stay. If it runs the agents, this environment goes offline.',
      },
    },
  ];

  #scale(row: Service): TemplateResult {
    return html`<fairlead-service-scale .service=${row} .isBusy=${this.#scaling.has(row.id)}
      @scale=${({ detail }: CustomEvent<number>) => void this.#scaleTo(row, detail)}></fairlead-service-scale>`;
  }

  async #scaleTo(row: Service, replicas: number): Promise<void> {
    this.#scaling.add(row.id);
    this.requestUpdate();
    try {
      await this.#do((engine) => scaleService(engine, row, replicas), row);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#failure = new Error(`${row.name} was not scaled: ${why}`);
    }
    this.#scaling.delete(row.id);
    await this.#list.refresh();
    this.requestUpdate();
  }

  async #do(change: typeof redeployService, row: Service): Promise<void> {
    const { engine } = this.#list;
    if (!engine) throw new Error('No manager is online: nothing was changed');
    await change(engine, row);
    this.#failure = null;
  }

  readonly #links: readonly ResourceLink<Service>[] = [
    this.#tools.link('Logs', 'logs'),
    this.#tools.link('Inspect', 'inspect'),
  ];
}

defineElement('fairlead-swarm-services', SwarmServicesElement);
