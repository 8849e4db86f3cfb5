import '../../elements/resource-list/resource-list.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { ApiError } from '../../api/client.js';
import { LiveList } from '../../elements/controllers/live-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { Column, ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Stack, stacksOfList, stacksOfSnapshot } from '../../engine/model/stack.js';
import type { EngineSource } from '../../engine/source.js';
import { statusBadge } from '../../format/status-badge.js';
import { styles } from '../../styles/shared.js';
import { type StackVerb, stackTasks } from './stack-tasks.js';

const KINDS = {
  compose: 'Compose project',
  swarm: 'Swarm stack',
  'swarm-part': 'Containers of a stack; only managers list its services',
};

const COLUMNS: readonly Column<Stack>[] = [
  {
    title: 'Name',
    track: 'minmax(0, 1fr)',
    cell: ({ name, kind }) => html`
      <span class="line name" title=${name}>${name}</span>
      <span class="line soft">${KINDS[kind]}</span>
    `,
    text: ({ kind }) => KINDS[kind],
    order: ({ name }) => name,
  },
  {
    title: 'State',
    track: 'minmax(7rem, 11rem)',
    cell: ({ running, total }) =>
      statusBadge(
        running === 0 ? 'quiet' : running < total ? 'busy' : 'good',
        `${running} of ${total} running`,
      ),
    order: ({ running, total }) => (total === 0 ? 0 : running / total),
  },
  {
    title: 'Services',
    track: 'minmax(0, 1fr)',
    cell: ({ services }) =>
      services.map(({ name, running, total }) => `${name} ${running}/${total}`).join(', '),
    text: ({ services }) => services.map(({ name }) => name).join(' '),
  },
];

/** The Compose projects of an engine, and the stacks of its Swarm. */
export class StackListElement extends LitElement {
  static override properties = { source: { attribute: false }, isSwarm: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  /** Whether the engine belongs to a Swarm. */
  declare isSwarm: boolean;
  /** Why the Swarm's services are unknown. */
  #swarmError: Error | null = null;
  readonly #list = new LiveList<Stack>(this, {
    types: ['container', 'service', 'network'],
    list: async ({ engine }, signal) => {
      const [containers, services] = await Promise.all([
        engine.list('/containers/json?all=1', { signal }),
        this.isSwarm ? this.#services(engine, signal) : [],
      ]);
      return stacksOfList(containers, services);
    },
    ofSnapshot: stacksOfSnapshot,
  });

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    const engine = 'engine' in this.source ? this.source.engine : null;
    return html`
      ${this.#swarmError ? html`<p class="notice bad">The Swarm’s services are unknown: ${this.#swarmError.message}</p>` : ''}
      <fairlead-resource-list .noun=${['stack', 'stacks']} .rows=${rows} .error=${error} .columns=${COLUMNS}
        .actions=${engine ? actions(engine) : []} @acted=${() => void this.#list.refresh()}>
        ${rows ? html`<h3>Stacks: ${rows.length}</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  /** Null if no manager is available: containers are still shown. */
  async #services(engine: EngineClient, signal: AbortSignal): Promise<unknown> {
    try {
      const services = await engine.call<unknown>('GET', '/services?status=true', { signal });
      this.#swarmError = null;
      return services;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#swarmError = error;
      return null;
    }
  }
}

function actions(engine: EngineClient): readonly ResourceAction<Stack>[] {
  const action = (verb: StackVerb, appliesTo: (row: Stack) => boolean) => ({
    isQuick: true,
    appliesTo: (row: Stack) => row.kind !== 'swarm-part' && appliesTo(row),
    tasks: (row: Stack) => stackTasks(engine.of(row), row, verb),
  });
  return [
    { label: 'Start', ...action('start', hasStopped) },
    { label: 'Stop', ...action('stop', hasStarted) },
    { label: 'Restart', ...action('restart', hasStarted) },
    {
      label: 'Remove',
      ...action('remove', () => true),
      isSequential: true,
      confirm: {
        warning: 'Named volumes stay, and so do the networks of a Compose project.',
        options: [{ id: 'volumes', label: 'Remove anonymous volumes' }],
      },
    },
  ];
}

function hasStopped({ kind, services, containers }: Stack): boolean {
  return kind === 'swarm'
    ? services.some(({ total }) => total === 0)
    : containers.some(({ isStopped }) => isStopped);
}

function hasStarted({ kind, total, containers }: Stack): boolean {
  return kind === 'swarm' ? total > 0 : containers.some(({ isStopped }) => !isStopped);
}

defineElement('fairlead-stack-list', StackListElement);
