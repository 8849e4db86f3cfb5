import { Problem, problem } from '../../../protocol/problems.js';
import type { Environment } from '../model/environment.js';
import type { TunnelTarget } from '../tunnel/source.js';
import { knownNodes, targetOf } from './known-nodes.js';
import type { SwarmRoster } from './roster.js';

/**
 * The target of calls for a Swarm node. Ids have priority over names.
 * @param node id or name, percent-encoded as in a URL
 * @throws Problem `node-not-found` (404), `node-ambiguous` (409), `node-without-agent` (503)
 */
export function requireNode(
  environment: Environment,
  node: string,
  members: SwarmRoster['members'],
): Required<TunnelTarget> {
  const wanted = decode(node);
  const known = knownNodes(environment, members);
  const byId = known.filter(({ id }) => id === wanted);
  const found = byId.length > 0 ? byId : known.filter(({ name }) => name === wanted);
  const [first] = found;
  if (!first) throw problem('node-not-found');
  if (found.length > 1) {
    throw problem('node-ambiguous');
  }
  const target = targetOf(environment, first.id);
  if (target instanceof Problem) throw target;
  return target;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw problem('node-not-found');
  }
}
