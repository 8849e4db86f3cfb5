import '../elements/resource-list/clean-up.js';
import '../elements/resource-list/create-resource.js';
import '../elements/resource-list/resource-list.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { EngineList } from '../elements/controllers/engine-list.js';
import { defineElement } from '../elements/define-element.js';
import type { ActedEvent } from '../elements/resource-list/acted-event.js';
import type { Resource } from '../elements/resource-list/resource.js';
import type { EngineClient } from '../engine/client.js';
import { ALL_NODES } from '../engine/model/node-name.js';
import { type EngineSource, hubNow } from '../engine/source.js';
import { styles } from '../styles/shared.js';
import { ToolController } from '../tools/tool-controller.js';
import type { ResourceDefinition } from './define-resource.js';

/** Shows a kind of resource of an engine: its list, with everything that its definition has. */
export class ResourceSectionElement<R extends Resource = Resource> extends LitElement {
  static override properties = {
    definition: { attribute: false },
    source: { attribute: false },
    isSwarm: { attribute: false },
    failure: { state: true },
  };
  static override styles = [styles];
  /** Does not change, and neither does the source. */
  declare definition: ResourceDefinition<R>;
  declare source: EngineSource;
  /** Whether the engine belongs to a Swarm. */
  declare isSwarm: boolean;
  /** Of the last action that could not show it. */
  declare private failure: Error | null;
  /** Why a part of the list is missing; '' if it is complete. */
  #warning = '';
  readonly #tools = new ToolController<R>(this);
  readonly #list = new EngineList<R>(this, {
    isAffectedBy: ({ type }) => this.definition.events.includes(type),
    list: async ({ engine }, signal) => {
      let warning = '';
      const warn = (text: string) => {
        warning = text;
      };
      const rows = await this.definition.list({ engine, signal, isSwarm: this.isSwarm, warn });
      this.#warning = warning;
      return rows;
    },
    ofSnapshot: (snapshot) => this.definition.ofSnapshot(snapshot),
    pollMs: (rows) => this.definition.pollMs?.(rows) ?? null,
  });

  constructor() {
    super();
    this.failure = null;
  }

  override render(): TemplateResult {
    const { source, definition } = this;
    const { noun, heading, columns, actions, tools, snapshotNote } = definition;
    const { rows, error, engine } = this.#list;
    const live = 'engine' in source ? source : null;
    return html`
      ${this.#list.notice()}
      ${this.#warning ? html`<p class="notice bad">${this.#warning}</p>` : ''}
      ${live ? this.#offers(live.engine, rows ?? []) : snapshotNote ? html`<p class="soft">${snapshotNote}</p>` : ''}
      ${live && engine && tools ? this.#tools.view(tools, live, rows) : ''}
      <fairlead-resource-list .noun=${noun} .rows=${rows} .error=${this.#tools.error ?? error ?? this.failure}
        .columns=${columns({ engine, nowMs: () => hubNow(source) })} .actions=${(engine && actions?.(engine)) ?? []}
        .links=${engine && tools ? this.#tools.links(tools) : []} @acted=${(event: ActedEvent) => this.#acted(event)}>
        ${rows ? html`<h3>${heading(rows)}</h3>` : ''}
      </fairlead-resource-list>
    `;
  }

  #offers(engine: EngineClient, rows: readonly R[]): TemplateResult | string {
    const { noun, create, prune, extra } = this.definition;
    // They need a single engine.
    if (engine.node === ALL_NODES || !(create || prune || extra)) return '';
    return html`<div class="offers" @acted=${(event: ActedEvent) => this.#acted(event)}>
      ${extra?.(engine)}
      ${
        create
          ? html`<fairlead-create-resource .noun=${noun[0]} .drivers=${create.drivers}
              .create=${(name: string, driver: string) => create.run(engine, name, driver)}></fairlead-create-resource>`
          : ''
      }
      ${prune ? html`<fairlead-clean-up .offers=${prune(engine, rows)}></fairlead-clean-up>` : ''}
    </div>`;
  }

  #acted(event: ActedEvent): void {
    event.stopPropagation();
    this.failure = event.failureAfter(this.failure);
    this.#list.expectChange();
  }
}

/** A section's view; see {@link ResourceSectionElement}. */
export function resourceSection<R extends Resource>(
  definition: ResourceDefinition<R>,
  source: EngineSource,
  isSwarm: boolean,
): TemplateResult {
  return html`<fairlead-resource-section .definition=${definition} .source=${source} .isSwarm=${isSwarm}></fairlead-resource-section>`;
}

defineElement('fairlead-resource-section', ResourceSectionElement);
