import type { JsonReader } from './json-reader.js';

/** The node of a Swarm that something is on. */
export interface NodeName {
  readonly id: string;
  readonly name: string;
}

/** The node of an item in a list of all nodes; null where one engine alone was asked. */
export function nodeOf(item: JsonReader): NodeName | null {
  const node = item.get('Node');
  const id = node.text('ID');
  return id === '' ? null : { id, name: node.text('Name') };
}
