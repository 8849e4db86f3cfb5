import type { SnapshotView } from '../../../api.js';
import type { NodeName } from './node-name.js';
import { isOneNode } from './node-name.js';

/**
 * One node's part of a Swarm's snapshot, as if it were a single engine's; the whole snapshot if `node` is not one node.
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

/** The node of an item of a snapshot; null if it has none. */
export function nodeInSnapshot(
  { nodes }: SnapshotView,
  { node: id }: { readonly node?: string },
): NodeName | null {
  if (id === undefined) return null;
  return { id, name: nodes?.find((node) => node.id === id)?.name ?? id };
}
