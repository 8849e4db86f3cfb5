/** The node of a Swarm that something is on. */
export interface NodeName {
  readonly id: string;
  readonly name: string;
}

/** Docker's item in a list of all nodes. */
export interface OnNode {
  readonly Node?: { readonly ID: string; readonly Name: string };
}

/** The node of an item; null where one engine alone was asked. */
export function nodeOf({ Node }: OnNode): NodeName | null {
  return Node ? { id: Node.ID, name: Node.Name } : null;
}
