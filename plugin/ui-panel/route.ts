/** A view of the panel. */
export type Route =
  | { readonly name: 'list' | 'create' | 'settings' }
  | { readonly name: 'edit' | 'clients'; readonly id: number }
  | {
      readonly name: 'environment';
      readonly id: number;
      /** Name or id of the Swarm node whose engine is shown; null: the one with the environment's tunnel; `*`: all. */
      readonly node: string | null;
      /** Empty: the first one. */
      readonly section: string;
    };

/**
 * Reads a path: empty or `create`, `settings`, `environments/5`, `environments/5/images`, `environments/5/edit`, `environments/5/clients`,
 * `environments/5/nodes/worker-1/images`; with `*` for all nodes. Anything else is the list.
 */
export function parseRoute(path: string): Route {
  const [first = '', id = '', ...rest] = path.split('/').map(decode);
  if (first === 'create' || first === 'settings') return { name: first };
  if (first !== 'environments' || !/^[1-9]\d{0,14}$/.test(id)) return { name: 'list' };
  if (rest[0] === 'edit' || rest[0] === 'clients') return { name: rest[0], id: Number(id) };
  const [node, section] = rest[0] === 'nodes' && rest[1] ? [rest[1], rest[2]] : [null, rest[0]];
  return { name: 'environment', id: Number(id), node, section: section ?? '' };
}

/** The path of an environment, or of a section of it. */
export function environmentPath(id: number, section = '', node: string | null = null): string {
  return ['environments', id, ...(node === null ? [] : ['nodes', encodeURIComponent(node)]), section]
    .filter((part) => part !== '')
    .join('/');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Asks the panel to show `path`; see {@link parseRoute}. */
export function navigate(from: EventTarget, path: string): void {
  from.dispatchEvent(new CustomEvent('navigate', { detail: path, bubbles: true, composed: true }));
}
