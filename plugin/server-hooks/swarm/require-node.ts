import { EdgeError } from '../../../protocol/edge-error.js';
import type { Environment, Instance } from '../model/environment.js';
import type { SwarmRoster } from './swarm-roster.js';

/**
 * The agent of a Swarm node. An id goes before a name. Which names there are a manager says, where one has: what an
 * agent says of its own name counts only where there is no manager's word.
 * @param node id or name, percent-encoded as in a URL
 * @throws EdgeError `node-not-found` (404), `node-ambiguous` (409), `node-without-agent` (503)
 */
export function requireNode(
  environment: Environment,
  node: string,
  roster: Pick<SwarmRoster, 'members'>,
): Instance {
  const wanted = decode(node);
  const members = roster.members(environment.id);
  const claims = environment.instances.flatMap(({ node }) =>
    node ? [{ id: node.nodeId, name: node.name }] : [],
  );
  const known = members ? [...members.values()] : claims;
  const byId = known.filter(({ id }) => id === wanted);
  const found = byId.length > 0 ? byId : known.filter(({ name }) => name === wanted);
  const [first] = found;
  if (!first) throw new EdgeError('node-not-found', 'The environment has no such node', { status: 404 });
  if (found.length > 1) {
    throw new EdgeError('node-ambiguous', 'Several nodes have this name: use the id', { status: 409 });
  }
  const instance = environment.instances.find(({ node }) => node?.nodeId === first.id);
  if (instance) return instance;
  throw new EdgeError('node-without-agent', 'No agent has enrolled for this node', {
    status: 503,
    retryAfterSeconds: 10,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EdgeError('node-not-found', 'The environment has no such node', { status: 404 });
  }
}
