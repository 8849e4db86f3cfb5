import type { SnapshotView } from '../../../api.js';
import { itemsOf } from './json-reader.js';
import { type NodeName, nodeOf } from './node-name.js';
import { nodeInSnapshot } from './snapshot-of-node.js';

/** A tag of an image, or an image without tags. All texts are the engine's. */
export interface Image {
  readonly id: string;
  /** The tag, or the digest it was pulled by, or the image's id. */
  readonly name: string;
  readonly imageId: string;
  /** Reference for the remove call. */
  readonly reference: string;
  /** Without a tag, even with a digest: as engines define it, and prune. */
  readonly isDangling: boolean;
  readonly size: number;
  readonly createdMs: number;
  /** Number of containers of the image, by any of its tags. */
  readonly uses: number;
  readonly node: NodeName | null;
}

/** From Docker's lists. A row for each tag: tags are removed one by one. */
export function imagesOfList(images: unknown, containers: unknown): Image[] {
  const uses = countBy(
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

/** From a snapshot. Its containers name their image, or give its id. */
export function imagesOfSnapshot(snapshot: SnapshotView): Image[] {
  const uses = countBy(
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

/** Path in the Docker API, including slashes of the tag. Uses the id if a tag would change the path, as `a/../b` does. */
export function imagePath({ reference, imageId }: Pick<Image, 'reference' | 'imageId'>): string {
  const segments = reference.split('/');
  const isPlain = /^[\w.:/@-]+$/.test(reference) && !segments.some((segment) => /^\.{0,2}$/.test(segment));
  return `/images/${isPlain ? segments.map(encodeURIComponent).join('/') : encodeURIComponent(imageId)}`;
}

/** 12 digits, as in the docker client. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

interface ListedImage extends Pick<Image, 'imageId' | 'size' | 'createdMs' | 'uses' | 'node'> {
  readonly tags: readonly string[];
  readonly digests: readonly string[];
}

function rowsOf({ tags, digests, ...image }: ListedImage): Image[] {
  const isName = (name: string) => name !== '' && !name.startsWith('<none>');
  const id = (name: string) => `${image.imageId} ${name}`;
  const named = [...new Set(tags)].filter(isName);
  if (named.length > 0)
    return named.map((tag) => ({ ...image, id: id(tag), name: tag, reference: tag, isDangling: false }));
  const name = digests.find(isName) ?? shortId(image.imageId);
  return [{ ...image, id: id(''), name, reference: image.imageId, isDangling: true }];
}

/** `busybox` is short for `busybox:latest`; ids stay as they are. */
function withTag(name: string): string {
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(name) || /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}

function keyOf(node: NodeName | null, image: string): string {
  return `${node?.id ?? ''} ${image}`;
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** An image name without the digest that a Swarm adds. */
export function withoutDigest(image: string): string {
  return image.replace(/@sha256:.*$/, '');
}
