import '../../elements/resource-list/clean-up.js';
import '../../elements/resource-list/resource-list.js';
import './image-pull.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { LiveList } from '../../elements/controllers/live-list.js';
import { defineElement } from '../../elements/define-element.js';
import type { CleanUp } from '../../elements/resource-list/clean-up.js';
import type { Column, ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Image, imagePath, imagesOfList, imagesOfSnapshot, shortId } from '../../engine/model/image.js';
import { ALL_NODES } from '../../engine/model/node-name.js';
import { type EngineSource, hubNow } from '../../engine/source.js';
import { bytes } from '../../format/bytes.js';
import { timeView } from '../../format/time.js';
import { styles } from '../../styles/shared.js';
import { pruneResult } from '../prune.js';

const columns = (nowMs: () => number): readonly Column<Image>[] => [
  {
    title: 'Name',
    track: 'minmax(0, 1fr)',
    cell: ({ name, imageId, isDangling }) => html`
      <span class="line name" title=${name}>${name}</span>
      <span class="line soft">${isDangling ? 'Dangling: without a tag' : shortId(imageId)}</span>
    `,
    text: ({ imageId, isDangling }) => `${imageId} ${isDangling ? 'dangling' : ''}`,
    order: ({ name }) => name,
  },
  {
    title: 'Used by',
    track: 'minmax(7rem, 10rem)',
    cell: ({ uses }) =>
      uses === 0
        ? html`<span class="soft">no container</span>`
        : `${uses} ${uses === 1 ? 'container' : 'containers'}`,
    order: ({ uses }) => uses,
  },
  { title: 'Size', track: '6rem', cell: ({ size }) => bytes(size), order: ({ size }) => size },
  {
    title: 'Created',
    track: '7rem',
    cell: ({ createdMs }) => timeView(createdMs, nowMs()),
    order: ({ createdMs }) => -createdMs || 0,
  },
];

/** The images of an engine: a row for each tag, and for each image without one. */
export class ImageListElement extends LitElement {
  static override properties = { source: { attribute: false } };
  static override styles = [styles];
  declare source: EngineSource;
  readonly #columns = columns(() => hubNow(this.source));
  readonly #list = new LiveList<Image>(this, {
    types: ['image', 'container'],
    list: async ({ engine }, signal) =>
      imagesOfList(
        ...(await Promise.all([
          engine.list('/images/json', { signal }),
          engine.list('/containers/json?all=1', { signal }),
        ])),
      ),
    ofSnapshot: imagesOfSnapshot,
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
              <fairlead-image-pull .engine=${single} @acted=${refresh}></fairlead-image-pull>
              <fairlead-clean-up .offers=${cleanUps(single, rows ?? [])} @acted=${refresh}></fairlead-clean-up>
            </div>`
          : ''
      }
      <fairlead-resource-list .noun=${['image', 'images']} .rows=${rows} .error=${error} .columns=${this.#columns}
        .actions=${engine ? actions(engine) : []} @acted=${refresh}>
        ${rows ? html`<h3>Images: ${new Set(rows.map(({ node, imageId }) => `${node?.id} ${imageId}`)).size}</h3>` : ''}
      </fairlead-resource-list>
    `;
  }
}

function actions(engine: EngineClient): readonly ResourceAction<Image>[] {
  return [
    {
      label: 'Remove',
      isQuick: true,
      appliesTo: () => true,
      run: (row, options) =>
        engine.of(row).call('DELETE', `${imagePath(row)}${options.has('force') ? '?force=1' : ''}`),
      confirm: {
        warning: 'Removes only this tag while the image has others. Removing the last tag removes the image.',
        options: [{ id: 'force', label: 'Force: remove even if stopped containers use it' }],
      },
    },
  ];
}

function cleanUps(engine: EngineClient, rows: readonly Image[]): readonly CleanUp[] {
  const prune = async (isDanglingOnly: boolean) => {
    const filters = JSON.stringify({ dangling: [String(isDanglingOnly)] });
    return pruneResult(await engine.call('POST', `/images/prune?${new URLSearchParams({ filters })}`));
  };
  const unused = rows.filter(({ uses }) => uses === 0);
  return [
    {
      label: 'Remove dangling',
      question: 'Remove all unused images without a tag?',
      warning: 'The engine also removes layers that only they use.',
      names: unused.filter(({ isDangling }) => isDangling).map(({ name }) => name),
      run: () => prune(true),
    },
    {
      label: 'Remove unused',
      question: 'Remove all images that no container uses?',
      warning: 'Images that are in no registry cannot be pulled again.',
      names: unused.map(({ name }) => name),
      run: () => prune(false),
    },
  ];
}

defineElement('fairlead-image-list', ImageListElement);
