import './image-pull.js';
import { html } from 'lit';
import type { CleanUp } from '../../elements/resource-list/clean-up.js';
import type { ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import { type Image, imagePath, imagesOfList, imagesOfSnapshot, shortId } from '../../engine/model/image.js';
import { bytes } from '../../format/bytes.js';
import { timeView } from '../../format/time.js';
import { nameColumn } from '../columns.js';
import { defineResource } from '../define-resource.js';
import { pruneResult } from '../prune.js';

/** The images of an engine: a row for each tag, and for each image without one. */
export const images = defineResource<Image>({
  noun: ['image', 'images'],
  events: ['image', 'container'],
  list: async ({ engine, signal }) =>
    imagesOfList(
      ...(await Promise.all([
        engine.list('/images/json', { signal }),
        engine.list('/containers/json?all=1', { signal }),
      ])),
    ),
  ofSnapshot: imagesOfSnapshot,
  heading: (rows) => `Images: ${new Set(rows.map(({ node, imageId }) => `${node?.id} ${imageId}`)).size}`,
  columns: ({ nowMs }) => [
    nameColumn(({ imageId, isDangling }) => (isDangling ? 'Dangling: without a tag' : shortId(imageId)), {
      text: ({ imageId, isDangling }) => `${imageId} ${isDangling ? 'dangling' : ''}`,
    }),
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
  ],
  actions,
  prune,
  extra: (engine) => html`<fairlead-image-pull .engine=${engine}></fairlead-image-pull>`,
});

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

function prune(engine: EngineClient, rows: readonly Image[]): readonly CleanUp[] {
  const run = async (isDanglingOnly: boolean) => {
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
      run: () => run(true),
    },
    {
      label: 'Remove unused',
      question: 'Remove all images that no container uses?',
      warning: 'Images that are in no registry cannot be pulled again.',
      names: unused.map(({ name }) => name),
      run: () => run(false),
    },
  ];
}
