import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { EnvironmentView, NodeList, NodeView } from '../../api.js';
import type { ApiClient } from '../api/client.js';
import { AsyncTask } from '../elements/controllers/async-task.js';
import { defineElement } from '../elements/define-element.js';
import { ALL_NODES, isOneNode } from '../engine/model/node-name.js';
import { styles } from '../styles/shared.js';

/** Selects the engines of a Swarm: the leader's, all, or one node's. Dispatches `pick` with the `node` of a `Route`. */
export class NodePickerElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    environment: { attribute: false },
    node: { attribute: false },
    nodes: { state: true },
  };
  static override styles = [
    styles,
    css`
      label {
        display: flex;
        flex-wrap: wrap;
        gap: 0.3rem 0.6rem;
        align-items: center;
        margin: 0 0 0.8rem;
      }
      select {
        width: auto;
        max-width: 100%;
      }
    `,
  ];
  declare client: ApiClient;
  declare environment: EnvironmentView;
  declare node: string | null;
  declare private nodes: readonly NodeView[];
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.nodes = [];
  }

  /** A node that joins or leaves changes the environment's Swarm. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('environment');
    if (
      changed.has('environment') &&
      JSON.stringify(before?.swarm) !== JSON.stringify(this.environment.swarm)
    )
      void this.#load();
  }

  override render(): TemplateResult {
    const { node } = this;
    const leaderId = this.environment.swarm?.leaderNodeId;
    const leader = this.nodes.find(({ id }) => id === leaderId);
    const known = this.nodes.map((each) => ({
      value: this.#valueOf(each),
      label: labelOf(each),
      id: each.id,
    }));
    const chosen = known.find(({ value, id }) => value === node || id === node)?.value ?? node ?? '';
    const others = isOneNode(node) && !known.some(({ value }) => value === chosen) ? [node] : [];
    return html`<label>Engines of
      <select @change=${(event: Event) => this.#pick((event.target as HTMLSelectElement).value)}>
        ${option('', leader ? `Leader (${leader.name})` : 'Leader', chosen)}
        ${option(ALL_NODES, 'All nodes', chosen)}
        ${others.map((each) => option(each, each, chosen))}
        ${known.map(({ value, label }) => option(value, label, chosen))}
      </select>
    </label>`;
  }

  /** Its name if unique, otherwise its id. */
  #valueOf({ id, name }: NodeView): string {
    return this.nodes.filter((each) => each.name === name).length === 1 ? name : id;
  }

  #pick(value: string): void {
    this.dispatchEvent(new CustomEvent('pick', { detail: value === '' ? null : value }));
  }

  /** On failure, the leader and all nodes can still be selected. */
  async #load(): Promise<void> {
    this.#task.abort();
    const path = `/environments/${this.environment.id}/nodes`;
    await this.#task.run(async (signal) => {
      this.nodes = (await this.client.call<NodeList>('GET', path, { signal })).items;
    });
  }
}

function option(value: string, label: string, chosen: string): TemplateResult {
  return html`<option value=${value} .selected=${value === chosen}>${label}</option>`;
}

function labelOf({ name, role, agent }: NodeView): string {
  return `${name} (${role}${agent?.online ? '' : ', offline'})`;
}

defineElement('fairlead-node-picker', NodePickerElement);
