import { html, LitElement, type TemplateResult } from 'lit';
import { defineElement } from '../../elements/define-element.js';
import '../../elements/resource-list/clean-up.js';
import type { CleanUp } from '../../elements/resource-list/clean-up.js';
import '../../elements/resource-list/create-resource.js';
import { namesView } from '../names-view.js';
import '../../elements/resource-list/resource-list.js';
import { LiveList } from '../../elements/controllers/live-list.js';
import type { Column, ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Network, networksOfList, networksOfSnapshot } from '../../engine/model/network.js';
import { ALL_NODES } from '../../engine/model/node-name.js';
import type { EngineSource } from '../../engine/source.js';
import { styles } from '../../styles/shared.js';
import { pruneResult } from '../prune.js';

const SNAPSHOT_COLUMNS: readonly Column<Network>[] = [
  {
    title: 'Name',
    track: 'minmax(0, 1fr)',
    cell: ({ name, id, isPredefined }) => html`
      <span class="line name" title=${name}>${name}</span>
      <span class="line soft">${isPredefined ? 'Predefined' : id.slice(0, 12)}</span>
    `,
    order: ({ name }) => name,
  },
  {
    title: 'Driver',
    track: 'minmax(4rem, 8rem)',
    cell: ({ driver }) => driver,
    text: ({ driver }) => driver,
    order: ({ driver }) => driver,
  },
  {
    title: 'Scope',
    track: '5rem',
    cell: ({ scope }) => scope,
    text: ({ scope }) => scope,
    order: ({ scope }) => scope,
  },
];
const LIVE_COLUMNS: readonly Column<Network>[] = [
  ...SNAPSHOT_COLUMNS,
  {
    title: 'Subnets',
    track: 'minmax(7rem, 12rem)',
    cell: ({ subnets }) => namesView(subnets ?? [], 'none'),
    text: ({ subnets }) => subnets?.join(' ') ?? '',
  },
  {
    title: 'Containers',
    track: 'minmax(8rem, 14rem)',
    cell: ({ users }) => namesView(users ?? [], 'none'),
    text: ({ users }) => users?.join(' ') ?? '',
    order: ({ users }) => users?.length ?? 0,
  },
];

/** The networks of an engine. */
export class NetworkListElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #list = new LiveList<Network>(this, {
    types: ['network', 'container'],
    list: async ({ engine }, signal) =>
      networksOfList(
        ...(await Promise.all([
          engine.list('/networks', { signal }),
          engine.list('/containers/json?all=1', { signal }),
        ])),
      ),
    ofSnapshot: networksOfSnapshot,
  });

  override render(): TemplateResult {
    const { rows, error } = this.#list;
    const engine = 'engine' in this.source ? this.source.engine : null;
    // Engine-wide actions need a single engine.
    const single = engine?.node === ALL_NODES ? null : engine;
    const refresh = () => void this.#list.refresh();
    return html`
      ${
        single
          ? html`<div class="offers">
              <fairlead-create-resource .noun=${'network'} .drivers=${['bridge', 'overlay', 'macvlan', 'ipvlan']} @acted=${refresh}
                .create=${(Name: string, Driver: string) => single.call('POST', '/networks/create', { body: { Name, Driver, CheckDuplicate: true } })}></fairlead-create-resource>
              <fairlead-clean-up .offers=${[cleanUp(single, rows ?? [])]} @acted=${refresh}></fairlead-clean-up>
            </div>`
          : engine
            ? ''
            : html`<p class="soft">Snapshots do not include subnets and users of networks.</p>`
      }
      <fairlead-resource-list .noun=${['network', 'networks']} .rows=${rows} .error=${error}
        .columns=${engine ? LIVE_COLUMNS : SNAPSHOT_COLUMNS} .actions=${engine ? actions(engine) : []} @acted=${refresh}>
        ${rows ? html`<h3>Networks: ${rows.length}</h3>` : ''}
      </fairlead-resource-list>
    `;
  }
}

function actions(engine: EngineClient): readonly ResourceAction<Network>[] {
  return [
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: ({ isPredefined }) => !isPredefined,
      run: (row) => engine.of(row).call('DELETE', `/networks/${encodeURIComponent(row.id)}`),
      confirm: {},
    },
  ];
}

function cleanUp(engine: EngineClient, rows: readonly Network[]): CleanUp {
  const unused = rows.filter(({ isPredefined, isUsed }) => !isPredefined && !isUsed);
  return {
    label: 'Remove unused',
    question: 'Remove all networks without running containers?',
    warning: 'Networks that services or containers of other nodes use stay.',
    names: unused.map(({ name }) => name),
    run: async () => pruneResult(await engine.call('POST', '/networks/prune')),
  };
}

defineElement('fairlead-network-list', NetworkListElement);
