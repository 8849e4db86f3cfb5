import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import {
  type Environment,
  type EnvironmentSwarm,
  type Instance,
  isManager,
  swarmAuthority,
} from '../model/environment.js';

// What an enrolling agent says of its Swarm is a claim: every node of the Swarm has the same Edge key.

type Node = EnrolRequest['node'];

/** What an enrolment makes of the environment's Swarm and of the agent's place in it. */
export interface SwarmPlace {
  readonly swarm: EnvironmentSwarm | null;
  /** The instance that the environment follows from now on. */
  readonly authority: string | null;
  readonly node: Node;
  /** See `Instance.isOutside`. */
  readonly isOutside: boolean;
}

/** Agents on different nodes of one Swarm share an environment. Workers do not know which Swarm theirs is. */
export function isSibling(other: Instance, body: EnrolRequest): boolean {
  if (other.node === null || body.node === null || other.node.nodeId === body.node.nodeId) return false;
  const ids = [other.node.swarmId, body.node.swarmId];
  return ids.includes('') || ids[0] === ids[1];
}

/** Whether a node may be one of a Swarm. */
export function belongs(swarm: EnvironmentSwarm | null, node: Node): boolean {
  return node !== null && (node.swarmId === '' || node.swarmId === swarm?.id);
}

/**
 * Where an enrolling agent stands. The environment follows its authority to another Swarm, to a worker's place or out
 * of Swarms, unless another known manager still serves the Swarm: then that one becomes the authority. All others
 * change nothing but their own place.
 * @param known the instance that the agent is already
 */
export function placeInSwarm(
  environment: Environment,
  known: Instance | undefined,
  { instanceId, node }: EnrolRequest,
): SwarmPlace {
  const { swarm } = environment;
  const authority = swarmAuthority(environment);
  const isFirst = authority === undefined && swarm === null;
  if (isFirst || (known && authority === known)) {
    const stays = swarm !== null && isSameNode(swarm, known, node);
    const successor = stays ? undefined : otherManager(environment, known);
    if (!successor) {
      const next = stays ? withManager(swarm, node) : swarmOf(node);
      // A first agent becomes the authority as a manager only: any engine may be the first outside of a Swarm.
      const id = known && authority === known ? known.id : next && instanceId;
      return { swarm: next, authority: id, node, isOutside: false };
    }
    return { swarm, authority: successor.id, ...outside(known, node) };
  }
  const id = authority?.id ?? null;
  if (belongs(swarm, node)) return { swarm, authority: id, node, isOutside: false };
  return { swarm, authority: id, ...outside(known, node) };
}

/** Still a node of the Swarm: a demoted one is, and a manager without a quorum, which cannot name its Swarm. */
function isSameNode(swarm: EnvironmentSwarm, known: Instance | undefined, node: Node): boolean {
  if (node === null) return false;
  return node.swarmId === swarm.id || (node.swarmId === '' && node.nodeId === known?.node?.nodeId);
}

function otherManager(environment: Environment, known: Instance | undefined): Instance | undefined {
  return environment.instances.find((one) => one !== known && isManager(environment, one));
}

/** The same object where the node is no manager, or known as one. */
function withManager(swarm: EnvironmentSwarm, node: Node): EnvironmentSwarm {
  if (node?.role !== 'manager' || swarm.managers.includes(node.nodeId)) return swarm;
  return { ...swarm, managers: [...swarm.managers, node.nodeId] };
}

function swarmOf(node: Node): EnvironmentSwarm | null {
  if (node?.role !== 'manager' || node.swarmId === '') return null;
  return { id: node.swarmId, managers: [node.nodeId] };
}

/** Keeps an address for a node that is not of the Swarm: its own, or the last one it had. */
function outside(known: Instance | undefined, node: Node): Pick<SwarmPlace, 'node' | 'isOutside'> {
  const address = node ?? known?.node ?? null;
  return { node: address && { ...address, swarmId: '', role: 'worker' }, isOutside: true };
}
