import '../../elements/resource-list/clean-up.js';
import '../../elements/resource-list/create-resource.js';
import '../../elements/resource-list/resource-list.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { LiveList } from '../../elements/controllers/live-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { CleanUp } from '../../elements/resource-list/clean-up.js';
import type { Column, ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { JsonReader } from '../../engine/model/json-reader.js';
import { ALL_NODES } from '../../engine/model/node-name.js';
import { type Volume, volumesOfList, volumesOfSnapshot } from '../../engine/model/volume.js';
import { type EngineSource, hubNow } from '../../engine/source.js';
import { timeView } from '../../format/time.js';
import { styles } from '../../styles/shared.js';
import { namesView } from '../names-view.js';
import { pruneResult, pruneVolumesPath } from '../prune.js';

const NAME: Column<Volume> = {
  title: 'Name',
  track: 'minmax(0, 1fr)',
  cell: ({ name, mountpoint }) =>
    html`<span class="line name" title=${name}>${name}</span><span class="line soft" title=${mountpoint}>${mountpoint}</span>`,
  text: ({ mountpoint }) => mountpoint,
  order: ({ name }) => name,
};
const DRIVER: Column<Volume> = {
  title: 'Driver',
  track: 'minmax(4rem, 8rem)',
  cell: ({ driver }) => driver,
  text: ({ driver }) => driver,
  order: ({ driver }) => driver,
};
const liveColumns = (nowMs: () => number): readonly Column<Volume>[] => [
  NAME,
  {
    title: 'Used by',
    track: 'minmax(8rem, 16rem)',
    cell: ({ users }) => namesView(users ?? [], 'no container'),
    text: ({ users }) => users?.join(' ') ?? '',
    order: ({ users }) => users?.length ?? 0,
  },
  DRIVER,
  {
    title: 'Created',
    track: '7rem',
    cell: ({ createdMs }) => timeView(createdMs, nowMs()),
    order: ({ createdMs }) => -createdMs || 0,
  },
];

/** The volumes of an engine. */
export class VolumeListElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #liveColumns = liveColumns(() => hubNow(this.source));
  readonly #list = new LiveList<Volume>(this, {
    types: ['volume', 'container'],
    list: async ({ engine }, signal) =>
      volumesOfList(
        ...(await Promise.all([
          engine.list('/volumes', { signal }),
          engine.list('/containers/json?all=1', { signal }),
        ])),
      ),
    ofSnapshot: volumesOfSnapshot,
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
              <fairlead-create-resource .noun=${'volume'} .drivers=${['local']} @acted=${refresh}
                .create=${(Name: string, Driver: string) => single.call('POST', '/volumes/create', { body: { Name, Driver } })}></fairlead-create-resource>
              <fairlead-clean-up .offers=${[cleanUp(single, rows ?? [])]} @acted=${refresh}></fairlead-clean-up>
            </div>`
          : engine
            ? ''
            : html`<p class="soft">Snapshots do not include mount points, dates and users of volumes.</p>`
      }
      <fairlead-resource-list .noun=${['volume', 'volumes']} .rows=${rows} .error=${error}
        .columns=${engine ? this.#liveColumns : [NAME, DRIVER]} .actions=${engine ? actions(engine) : []} @acted=${refresh}>
        ${rows ? html`<h3>Volumes: ${rows.length}</h3>` : ''}
      </fairlead-resource-list>
    `;
  }
}

function actions(engine: EngineClient): readonly ResourceAction<Volume>[] {
  return [
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: () => true,
      run: (row) => engine.of(row).call('DELETE', `/volumes/${encodeURIComponent(row.name)}`),
      confirm: { warning: 'Its data is deleted permanently.' },
    },
  ];
}

function cleanUp(engine: EngineClient, rows: readonly Volume[]): CleanUp {
  return {
    label: 'Remove unused',
    question: 'Remove all volumes that no container uses?',
    warning: 'Includes named volumes. Their data is deleted permanently.',
    names: rows.filter(({ users }) => users?.length === 0).map(({ name }) => name),
    run: async () => {
      const version = new JsonReader(await engine.call('GET', '/version'));
      return pruneResult(await engine.call('POST', pruneVolumesPath(version.text('ApiVersion'))));
    },
  };
}

defineElement('fairlead-volume-list', VolumeListElement);
