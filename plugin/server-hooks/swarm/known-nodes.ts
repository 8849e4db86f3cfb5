import { type Problem, problem } from '../../../protocol/problems.js';
import type { Environment } from '../model/environment.js';
import type { TunnelTarget } from '../tunnel/source.js';
import type { SwarmRoster } from './roster.js';

/** A node of a Swarm. */
export interface KnownNode {
  readonly id: string;
  readonly name: string;
}

/** A node with the target of its calls, or the error if there is none. */
export interface NodeWay extends KnownNode {
  readonly target: TunnelTarget | Problem;
}

type Members = SwarmRoster['members'];

/**
 * The nodes of an environment's Swarm; empty outside a Swarm. A manager's report is authoritative: an agent's own claim
 * counts only without one.
 */
export function knownNodes(environment: Environment, members: Members): KnownNode[] {
  if (environment.swarm && members) return [...members.values()].map(({ id, name }) => ({ id, name }));
  return environment.instances.flatMap(({ node }) => (node ? [{ id: node.nodeId, name: node.name }] : []));
}

/** The target for each node of a Swarm: managers first, because their answers have priority, then by name. */
export function waysToNodes(environment: Environment, members: Members): NodeWay[] {
  const managers = new Set(environment.swarm?.managers);
  const rank = ({ id }: KnownNode) => (managers.has(id) ? 0 : 1);
  return knownNodes(environment, members)
    .sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.id, b.id))
    .map((node) => ({ ...node, target: targetOf(environment, node.id) }));
}

/** The target of calls for a node, or `node-without-agent` (503) if no agent serves it. */
export function targetOf(environment: Environment, nodeId: string): Required<TunnelTarget> | Problem {
  const instance = environment.instances.find(({ node }) => node?.nodeId === nodeId);
  if (instance) return { environmentId: environment.id, instanceId: instance.id };
  return problem('node-without-agent', { retryAfterSeconds: 10 });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
