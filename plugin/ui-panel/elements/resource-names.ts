import type { Resource } from './resource.js';

/** Unique in a list of all nodes: an image has the same id on each. */
export function keyOf({ id, node }: Resource): string {
  return node ? `${node.id}/${id}` : id;
}

/** Display name, unique to people. */
export function titleOf({ name, node }: Resource): string {
  return node ? `${name} on ${node.name}` : name;
}
