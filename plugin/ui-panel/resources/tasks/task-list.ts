import '../../elements/resource-list/resource-list.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { ManagerList } from '../../elements/controllers/manager-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { Column, ResourceLink } from '../../elements/resource-list/resource.js';
import { listSwarm } from '../../engine/list-swarm.js';
import { isChanging, type Task, taskOrder, tasksOfSnapshot } from '../../engine/model/task.js';
import { type EngineSource, hubNow } from '../../engine/source.js';
import { statusBadge } from '../../format/status-badge.js';
import { timeView } from '../../format/time.js';
import { styles } from '../../styles/shared.js';
import { ToolController } from '../../tools/tool-controller.js';
import { taskTone } from '../tones.js';

/** Poll intervals: Docker has no events of tasks. */
const BUSY_POLL_MS = 2_000;
const IDLE_POLL_MS = 10_000;

const columns = (nowMs: () => number): readonly Column<Task>[] => [
  {
    title: 'Task',
    track: 'minmax(0, 1fr)',
    cell: ({ name, image }) =>
      html`<span class="line name" title=${name}>${name}</span><span class="line soft" title=${image}>${image}</span>`,
    text: ({ image }) => image,
    order: taskOrder,
  },
  {
    title: 'Service',
    track: 'minmax(5rem, 12rem)',
    cell: ({ service }) => service,
    text: ({ service }) => service,
    order: ({ service, name }) => `${service} ${name}`,
  },
  {
    title: 'State',
    track: 'minmax(0, 1.4fr)',
    cell: (row) => html`
      ${statusBadge(taskTone(row), row.state)} <span class="soft">desired: ${row.desired}, ${timeView(row.changedAtMs, nowMs())}</span>
      ${row.error ? html`<br>${row.error}` : ''}
    `,
    text: ({ state, error }) => `${state} ${error}`,
    order: ({ changedAtMs }) => -changedAtMs,
  },
];

/** The tasks of a Swarm, failed ones first. */
export class SwarmTasksElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #columns = columns(() => hubNow(this.source));
  readonly #list = new ManagerList<Task>(this, {
    types: ['service', 'node'],
    list: async ({ engine }, signal) => (await listSwarm(engine, { signal })).tasks,
    ofSnapshot: tasksOfSnapshot,
    againMs: (rows) => (rows.some(isChanging) ? BUSY_POLL_MS : IDLE_POLL_MS),
  });

  readonly #tools = new ToolController<Task>(this, 'task');

  override render(): TemplateResult {
    const { rows, error, engine } = this.#list;
    const failed = rows?.filter((row) => taskTone(row) === 'bad').length ?? 0;
    const running = rows?.filter(({ state }) => state === 'running').length ?? 0;
    return html`
      ${this.#list.notice()}
      ${'engine' in this.source && engine ? this.#tools.view(this.source, rows) : ''}
      <fairlead-resource-list .noun=${['task', 'tasks']} .rows=${rows} .error=${error} .columns=${this.#columns}
        .links=${engine ? this.#links : []}>
        ${rows ? html`<h3>Tasks: ${running} running, ${failed} failed, ${rows.length} in total</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  readonly #links: readonly ResourceLink<Task>[] = [
    this.#tools.link('Logs', 'logs'),
    this.#tools.link('Inspect', 'inspect'),
  ];
}

defineElement('fairlead-swarm-tasks', SwarmTasksElement);
