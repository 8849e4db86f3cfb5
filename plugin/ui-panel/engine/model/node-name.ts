import type { JsonReader } from './json-reader.js';

/** A Swarm node's id and name. */
export interface NodeName {
  readonly id: string;
  readonly name: string;
}

/** In place of a node: all of them. No host can have this name. */
export const ALL_NODES = '*';

/** Whether it is one node of a Swarm. */
export function isOneNode(node: string | null): node is string {
  return node !== null && node !== ALL_NODES;
}

/** The node of an item in a list of all nodes; null in a list of one engine. */
export function nodeOf(item: JsonReader): NodeName | null {
  const node = item.get('Node');
  const id = node.text('ID');
  return id === '' ? null : { id, name: node.text('Name') };
}
