import type { SnapshotView } from '../../api.js';
import { isOneNode } from './engine-client.js';
import type { NodeName } from './node-name.js';

/**
 * The part of a Swarm's snapshot that is of one node, as if it were an engine's alone; all of it where no node is meant.
 * @param node name or id
 */
export function snapshotOfNode(snapshot: SnapshotView, node: string | null): SnapshotView {
  if (!isOneNode(node)) return snapshot;
  const id = snapshot.nodes?.find(({ id, name }) => id === node || name === node)?.id ?? node;
  const only = <T extends { readonly node?: string }>(items: readonly T[]): T[] =>
    items.filter((item) => item.node === undefined || item.node === id).map(({ node, ...item }) => item as T);
  return {
    ...snapshot,
    containers: only(snapshot.containers),
    images: only(snapshot.images),
    volumes: only(snapshot.volumes),
    networks: only(snapshot.networks),
    errors: only(snapshot.errors),
  };
}

/** The node of an item of a snapshot; null where it has none. */
export function nodeInSnapshot(
  { nodes }: SnapshotView,
  { node: id }: { readonly node?: string },
): NodeName | null {
  if (id === undefined) return null;
  return { id, name: nodes?.find((node) => node.id === id)?.name ?? id };
}
