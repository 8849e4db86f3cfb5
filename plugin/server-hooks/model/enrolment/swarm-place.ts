import type { EnrolRequest } from '../../../../protocol/messages/agent-calls.js';
import {
  type Environment,
  type EnvironmentSwarm,
  type Instance,
  isManager,
  swarmAuthority,
} from '../environment.js';

// What an enrolling agent reports about its Swarm is a claim: every node of the Swarm has the same Edge key.

type Node = EnrolRequest['node'];

/** The environment's Swarm and the agent's place in it after an enrolment. */
export interface SwarmPlace {
  readonly swarm: EnvironmentSwarm | null;
  /** The instance that the environment follows. */
  readonly authority: string | null;
  readonly node: Node;
  /** See `Instance.isOutside`. */
  readonly isOutside: boolean;
}

/** Agents on different nodes of one Swarm share an environment. Workers do not know their Swarm's id. */
export function isSibling(other: Instance, body: EnrolRequest): boolean {
  if (other.node === null || body.node === null || other.node.nodeId === body.node.nodeId) return false;
  const ids = [other.node.swarmId, body.node.swarmId];
  return ids.includes('') || ids[0] === ids[1];
}

/** Whether a node may belong to a Swarm. */
export function belongs(swarm: EnvironmentSwarm | null, node: Node): boolean {
  return node !== null && (node.swarmId === '' || node.swarmId === swarm?.id);
}

/**
 * Places an enrolling agent. The environment follows its authority to another Swarm, to a worker's place or out of
 * Swarms, unless another known manager still serves the Swarm: then that one is the new authority. Other agents change
 * only their own place.
 * @param before the instance that the agent is already, or that it replaces because its data folder was lost
 */
export function placeInSwarm(
  environment: Environment,
  before: Instance | undefined,
  { instanceId, node }: EnrolRequest,
): SwarmPlace {
  const { swarm } = environment;
  const authority = swarmAuthority(environment);
  const isFirst = authority === undefined && swarm === null;
  const isAuthority =
    before !== undefined && before === authority && inherits(environment, before, instanceId, node);
  if (isFirst || isAuthority) {
    const stays = swarm !== null && isSameNode(swarm, before, node);
    const successor = stays ? undefined : otherManager(environment, before);
    if (!successor) {
      const next = stays ? withManager(swarm, node) : swarmOf(node);
      // A first agent is the authority only as a manager: outside of a Swarm any engine may be the first.
      const id = isAuthority || next ? instanceId : null;
      return { swarm: next, authority: id, node, isOutside: false };
    }
    return { swarm, authority: successor.id, ...outside(before, node) };
  }
  const nextAuthority = authority === before ? otherManager(environment, before) : authority;
  const id = nextAuthority?.id ?? null;
  if (belongs(swarm, node)) return { swarm, authority: id, node, isOutside: false };
  return { swarm, authority: id, ...outside(before, node) };
}

/**
 * Whether an agent inherits the trust of the instance before it: it is that instance, or returned from the same engine
 * to the same node, or is the only one. An engine's id alone is a claim.
 */
function inherits({ instances }: Environment, before: Instance, instanceId: string, node: Node): boolean {
  if (before.id === instanceId || instances.length === 1) return true;
  return node !== null && node.nodeId === before.node?.nodeId;
}

/** Still a node of the Swarm. A demoted node is, and so is a manager without a quorum, which cannot name its Swarm. */
function isSameNode(swarm: EnvironmentSwarm, before: Instance | undefined, node: Node): boolean {
  if (node === null) return false;
  return node.swarmId === swarm.id || (node.swarmId === '' && node.nodeId === before?.node?.nodeId);
}

function otherManager(environment: Environment, before: Instance | undefined): Instance | undefined {
  return environment.instances.find((one) => one !== before && isManager(environment, one));
}

/** The same object if the node is not a manager, or already known as one. */
function withManager(swarm: EnvironmentSwarm, node: Node): EnvironmentSwarm {
  if (node?.role !== 'manager' || swarm.managers.includes(node.nodeId)) return swarm;
  return { ...swarm, managers: [...swarm.managers, node.nodeId] };
}

function swarmOf(node: Node): EnvironmentSwarm | null {
  if (node?.role !== 'manager' || node.swarmId === '') return null;
  return { id: node.swarmId, managers: [node.nodeId] };
}

/** Keeps an address for a node outside the Swarm: its own, or the last one it had. */
function outside(before: Instance | undefined, node: Node): Pick<SwarmPlace, 'node' | 'isOutside'> {
  const address = node ?? before?.node ?? null;
  return { node: address && { ...address, swarmId: '', role: 'worker' }, isOutside: true };
}
