import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EnvironmentView, NodeList } from '../../../api.js';
import { askToConfirm } from '../../elements/confirm-dialog.js';
import { EngineList } from '../../elements/controllers/engine-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { EngineClient } from '../../engine/client.js';
import { listSwarm } from '../../engine/list-swarm.js';
import { nodesOfList, nodesOfSnapshot, type SwarmNode } from '../../engine/model/node.js';
import { isChanging, tasksOfSnapshot } from '../../engine/model/task.js';
import { type EngineSource, hubNow } from '../../engine/source.js';
import { errorNotice, toError } from '../../format/error.js';
import { environmentPath, navigate } from '../../route.js';
import { styles } from '../../styles/shared.js';
import { actionsFor, confirmationOf, type NodeAction } from './actions.js';
import { swarmNodeView } from './node-view.js';

/** Styles of the Swarm's node cards. */
export const swarmNodeStyles = css`
  .map {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr));
    gap: 1rem;
    margin: 0.8rem 0;
    padding: 0;
    list-style: none;
  }
  .node {
    display: flex;
    flex-direction: column;
    gap: 0.6rem;
    min-width: 0;
    padding: 0.9rem 1rem;
    border: 1px solid var(--line);
    border-radius: 0.5rem;
  }
  .node > * {
    margin: 0;
  }
  h4 {
    font-size: 1.05rem;
    overflow-wrap: anywhere;
  }
  .roles,
  .badges,
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 0.9rem;
  }
  .role {
    padding: 0 0.5rem;
    border: 1px solid var(--edge);
    border-radius: 1rem;
    font-size: 0.85rem;
  }
  .roles {
    gap: 0.3rem;
  }
  dl {
    display: grid;
    gap: 0.2rem;
    font-size: 0.9rem;
  }
  dl > div {
    display: grid;
    grid-template-columns: 6.5rem minmax(0, 1fr);
    gap: 0.5rem;
  }
  dt {
    color: var(--soft);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .tools {
    gap: 0.4rem;
    margin-top: auto;
    padding-top: 0.3rem;
  }
`;

/** Poll intervals: there are no events of check-ins and tasks. */
const BUSY_POLL_MS = 2_000;
const IDLE_POLL_MS = 10_000;

/** The nodes of a Swarm, each with its agent and the managers' actions. */
export class SwarmNodesElement extends LitElement {
  static override properties = {
    source: { attribute: false },
    environment: { attribute: false },
    failures: { state: true },
    busy: { state: true },
  };
  static override styles = [styles, swarmNodeStyles];
  declare source: EngineSource;
  declare environment: EnvironmentView;
  #hasChangingTasks = false;
  readonly #list = new EngineList<SwarmNode>(this, {
    isAffectedBy: ({ type }) => type === 'node' || type === 'service',
    list: ({ engine }, signal) => this.#load(engine, signal),
    ofSnapshot: (snapshot) => nodesOfSnapshot(snapshot, tasksOfSnapshot(snapshot)),
    pollMs: () => (this.#hasChangingTasks ? BUSY_POLL_MS : IDLE_POLL_MS),
  });
  /** Error messages by node id. */
  declare private failures: ReadonlyMap<string, string>;
  /** Ids of nodes with a running action. */
  declare private busy: ReadonlySet<string>;

  constructor() {
    super();
    this.failures = new Map();
    this.busy = new Set();
  }

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
      ${errorNotice(error)}
      ${rows ? this.#map(rows) : error ? '' : html`<p class="soft" role="status">Loading nodes …</p>`}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #map(rows: readonly SwarmNode[]): TemplateResult {
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
            ${this.failures.has(node.id) ? html`<p class="notice bad" role="alert">${this.failures.get(node.id)}</p>` : ''}
            ${this.#tools(node, rows)}
          </li>`,
        )}
      </ul>
    `;
  }

  #tools(node: SwarmNode, all: readonly SwarmNode[]): TemplateResult {
    const { engine } = this.#list;
    return html`<div class="tools">
      <button type="button" aria-label=${`Containers of ${node.name}`} @click=${() => this.#show(node, all)}>Containers</button>
      ${
        engine
          ? actionsFor(node).map(
              (
                action,
              ) => html`<button type="button" aria-label=${`${action.label} ${node.name}`} ?disabled=${this.busy.has(node.id)}
                @click=${() => void this.#act(engine, action, node, all)}>${action.label}</button>`,
            )
          : ''
      }
    </div>`;
  }

  #show({ id, name }: SwarmNode, all: readonly SwarmNode[]): void {
    const isAlone = all.filter((each) => each.name === name).length === 1;
    navigate(this, environmentPath(this.environment.id, 'containers', isAlone ? name : id));
  }

  async #act(
    engine: EngineClient,
    action: NodeAction,
    node: SwarmNode,
    all: readonly SwarmNode[],
  ): Promise<void> {
    if (!(await askToConfirm(this.renderRoot, confirmationOf(action, node, all)))) return;
    this.busy = new Set([...this.busy, node.id]);
    this.failures = new Map([...this.failures].filter(([id]) => id !== node.id));
    try {
      await action.run(engine, node);
      // Its tasks now move to or from other nodes.
      this.#hasChangingTasks = true;
    } catch (error) {
      this.failures = new Map([...this.failures, [node.id, `${action.label}: ${toError(error).message}`]]);
    }
    this.busy = new Set([...this.busy].filter((id) => id !== node.id));
    this.#list.expectChange();
  }

  async #load(engine: EngineClient, signal: AbortSignal): Promise<readonly SwarmNode[]> {
    const [{ nodes, tasks }, { items }] = await Promise.all([
      listSwarm(engine, { signal }),
      engine.client.call<NodeList>('GET', `/environments/${engine.environmentId}/nodes`, { signal }),
    ]);
    this.#hasChangingTasks = tasks.some(isChanging);
    return nodesOfList(nodes, items, tasks);
  }
}

defineElement('fairlead-swarm-nodes', SwarmNodesElement);
