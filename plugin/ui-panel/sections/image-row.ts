import type { SnapshotView } from '../../api.js';
import { itemsOf } from '../engine/json-reader.js';
import { type NodeName, nodeOf } from '../engine/node-name.js';
import { nodeInSnapshot } from '../engine/snapshot-of-node.js';

/** A tag of an image as the panel shows it, or an image without any. All texts are the engine's. */
export interface ImageRow {
  readonly id: string;
  /** The tag; where there is none, the digest it was pulled by, or the image's id. */
  readonly name: string;
  readonly imageId: string;
  /** What the engine is told to remove. */
  readonly reference: string;
  /** Without a tag, even where it has a digest: what engines call so, and prune. */
  readonly isDangling: boolean;
  readonly size: number;
  readonly createdMs: number;
  /** Containers of the image, whichever of its tags they were made from. */
  readonly uses: number;
  readonly node: NodeName | null;
}

/** Docker's own lists. A row for each tag: that is what is removed. */
export function imagesOfList(images: unknown, containers: unknown): ImageRow[] {
  const uses = counted(
    itemsOf(containers).map((container) => keyOf(nodeOf(container), container.text('ImageID'))),
  );
  return itemsOf(images).flatMap((image) =>
    rowsOf({
      imageId: image.text('Id'),
      tags: image.texts('RepoTags'),
      digests: image.texts('RepoDigests'),
      size: image.number('Size'),
      createdMs: image.number('Created') * 1000,
      uses: uses.get(keyOf(nodeOf(image), image.text('Id'))) ?? 0,
      node: nodeOf(image),
    }),
  );
}

/** A snapshot's. Its containers tell their image as a name or an id. */
export function imagesOfSnapshot(snapshot: SnapshotView): ImageRow[] {
  const uses = counted(
    snapshot.containers.map((item) => keyOf(nodeInSnapshot(snapshot, item), withTag(item.image))),
  );
  return snapshot.images.flatMap((image) => {
    const node = nodeInSnapshot(snapshot, image);
    const names = new Set([...image.tags, image.id, shortId(image.id)].map(withTag));
    return rowsOf({
      imageId: image.id,
      tags: image.tags,
      digests: [],
      size: image.bytes,
      createdMs: Date.parse(image.createdAt),
      uses: [...names].reduce((sum, name) => sum + (uses.get(keyOf(node, name)) ?? 0), 0),
      node,
    });
  });
}

/** Where an engine has it; slashes of a tag are part of that. By its id where a tag would lead elsewhere, as `a/../b` does. */
export function pathOf({ reference, imageId }: Pick<ImageRow, 'reference' | 'imageId'>): string {
  const segments = reference.split('/');
  const isPlain = /^[\w.:/@-]+$/.test(reference) && !segments.some((segment) => /^\.{0,2}$/.test(segment));
  return `/images/${isPlain ? segments.map(encodeURIComponent).join('/') : encodeURIComponent(imageId)}`;
}

/** The 12 digits that the docker client shows. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

interface Image extends Pick<ImageRow, 'imageId' | 'size' | 'createdMs' | 'uses' | 'node'> {
  readonly tags: readonly string[];
  readonly digests: readonly string[];
}

function rowsOf({ tags, digests, ...image }: Image): ImageRow[] {
  const isName = (name: string) => name !== '' && !name.startsWith('<none>');
  const id = (name: string) => `${image.imageId} ${name}`;
  const named = [...new Set(tags)].filter(isName);
  if (named.length > 0)
    return named.map((tag) => ({ ...image, id: id(tag), name: tag, reference: tag, isDangling: false }));
  const name = digests.find(isName) ?? shortId(image.imageId);
  return [{ ...image, id: id(''), name, reference: image.imageId, isDangling: true }];
}

/** `busybox` is short for `busybox:latest`; an id is no name. */
function withTag(name: string): string {
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(name) || /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}

function keyOf(node: NodeName | null, image: string): string {
  return `${node?.id ?? ''} ${image}`;
}

function counted(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
