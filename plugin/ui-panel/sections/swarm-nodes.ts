import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EnvironmentView, NodeList } from '../../api.js';
import { defineElement } from '../define-element.js';
import '../elements/confirm-dialog.js';
import type { ConfirmDialogElement } from '../elements/confirm-dialog.js';
import type { EngineClient } from '../engine/engine-client.js';
import type { EngineSource } from '../engine/engine-source.js';
import { hubNow } from '../engine/hub-now.js';
import { navigate } from '../navigate.js';
import { environmentPath } from '../route.js';
import { styles } from '../styles.js';
import { listSwarm } from './list-swarm.js';
import { ManagerList } from './manager-list.js';
import { actionsFor, confirmationOf, type NodeAction } from './node-actions.js';
import { cardsOfList, cardsOfSnapshot, type NodeCard } from './swarm-node-card.js';
import { swarmNodeStyles } from './swarm-node-styles.js';
import { swarmNodeView } from './swarm-node-view.js';
import { isChanging, tasksOfSnapshot } from './swarm-task-row.js';

/** Poll intervals: there are no events of check-ins and tasks. */
const BUSY_POLL_MS = 2_000;
const IDLE_POLL_MS = 10_000;

/** The nodes of a Swarm, each with its agent and the managers' actions. */
export class SwarmNodesElement extends LitElement {
  static override properties = { source: { attribute: false }, environment: { attribute: false } };
  static override styles = [styles, swarmNodeStyles];
  declare source: EngineSource;
  declare environment: EnvironmentView;
  #hasChangingTasks = false;
  readonly #list = new ManagerList<NodeCard>(this, {
    types: ['node', 'service'],
    list: ({ engine }, signal) => this.#load(engine, signal),
    ofSnapshot: (snapshot) => cardsOfSnapshot(snapshot, tasksOfSnapshot(snapshot)),
    againMs: () => (this.#hasChangingTasks ? BUSY_POLL_MS : IDLE_POLL_MS),
  });
  /** Error messages by node id. */
  readonly #failures = new Map<string, string>();
  /** Ids of nodes with a running action. */
  readonly #busy = new Set<string>();

  /** An agent that goes online or offline changes the environment's Swarm. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('environment');
    if (before && JSON.stringify(before.swarm) !== JSON.stringify(this.environment.swarm))
      void this.#list.refresh();
  }

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    return html`
      ${this.#list.notice()}
      ${error ? html`<p class="notice bad" role="alert">${error.message}</p>` : ''}
      ${rows ? this.#map(rows) : error ? '' : html`<p class="soft" role="status">Loading nodes …</p>`}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #map(rows: readonly NodeCard[]): TemplateResult {
    const online = rows.filter(({ agent }) => agent?.online).length;
    return html`
      <h3>Nodes: ${rows.length}, ${online} with an online agent</h3>
      <ul class="map">
        ${repeat(
          rows,
          ({ id }) => id,
          (node) => html`<li class="node" data-name=${node.name}>
            <h4>${node.name}</h4>
            ${swarmNodeView(node, hubNow(this.source))}
            ${this.#failures.has(node.id) ? html`<p class="notice bad" role="alert">${this.#failures.get(node.id)}</p>` : ''}
            ${this.#tools(node, rows)}
          </li>`,
        )}
      </ul>
    `;
  }

  #tools(node: NodeCard, all: readonly NodeCard[]): TemplateResult {
    const { engine } = this.#list;
    return html`<div class="tools">
      <button type="button" aria-label=${`Containers of ${node.name}`} @click=${() => this.#show(node, all)}>Containers</button>
      ${
        engine
          ? actionsFor(node).map(
              (
                action,
              ) => html`<button type="button" aria-label=${`${action.label} ${node.name}`} ?disabled=${this.#busy.has(node.id)}
                @click=${() => void this.#act(engine, action, node, all)}>${action.label}</button>`,
            )
          : ''
      }
    </div>`;
  }

  #show({ id, name }: NodeCard, all: readonly NodeCard[]): void {
    const isAlone = all.filter((each) => each.name === name).length === 1;
    navigate(this, environmentPath(this.environment.id, 'containers', isAlone ? name : id));
  }

  async #act(
    engine: EngineClient,
    action: NodeAction,
    node: NodeCard,
    all: readonly NodeCard[],
  ): Promise<void> {
    const dialog = this.renderRoot.querySelector<ConfirmDialogElement>('fairlead-confirm-dialog');
    if (!(await dialog?.ask(confirmationOf(action, node, all)))) return;
    this.#busy.add(node.id);
    this.#failures.delete(node.id);
    this.requestUpdate();
    try {
      await action.run(engine, node);
      // Its tasks now move to or from other nodes.
      this.#hasChangingTasks = true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#failures.set(node.id, `${action.label}: ${why}`);
    }
    this.#busy.delete(node.id);
    this.requestUpdate();
    await this.#list.refresh();
  }

  async #load(engine: EngineClient, signal: AbortSignal): Promise<readonly NodeCard[]> {
    const [{ nodes, tasks }, { items }] = await Promise.all([
      listSwarm(engine, { signal }),
      engine.client.call<NodeList>('GET', `/environments/${engine.environmentId}/nodes`, { signal }),
    ]);
    this.#hasChangingTasks = tasks.some(isChanging);
    return cardsOfList(nodes, items, tasks);
  }
}

defineElement('fairlead-swarm-nodes', SwarmNodesElement);
