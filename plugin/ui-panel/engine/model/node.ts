import type { NodeView, SnapshotView } from '../../../api.js';
import { itemsOf, type JsonReader } from './json-reader.js';
import type { Task } from './task.js';

/** The used part of a node's spec. */
export interface NodeSpec {
  readonly Role: NodeView['role'];
  readonly Availability: 'active' | 'pause' | 'drain';
}

/** Number of running tasks of one service on a node. */
export interface ServiceRun {
  readonly service: string;
  readonly count: number;
}

/** A node with its agent. All texts are the engine's. */
export interface SwarmNode extends NodeView {
  /** '' if unknown. */
  readonly address: string;
  /** The managers' message about its state; '' if none. */
  readonly message: string;
  /** Its running tasks by service name. Null: unknown. */
  readonly runs: readonly ServiceRun[] | null;
  /** Null: unknown. */
  readonly containers: number | null;
}

/**
 * From Docker's list, with the hub's agents. Managers come first.
 * @param known the hub's nodes; those missing in Docker's list are of agents that no manager confirms
 */
export function nodesOfList(nodes: unknown, known: readonly NodeView[], tasks: readonly Task[]): SwarmNode[] {
  const byId = new Map(known.map((node) => [node.id, node]));
  const listed = itemsOf(nodes).map((node): SwarmNode => {
    const [spec, status, manager] = [node.get('Spec'), node.get('Status'), node.get('ManagerStatus')];
    const resources = node.get('Description').get('Resources');
    const id = node.text('ID');
    return {
      id,
      name: hostNameOf(node),
      role: spec.oneOf('Role', ['manager', 'worker']) ?? 'worker',
      availability: spec.oneOf('Availability', ['active', 'pause', 'drain']),
      state: status.oneOf('State', ['unknown', 'down', 'ready', 'disconnected']),
      isLeader: manager.is('Leader'),
      reachability: manager.oneOf('Reachability', ['unknown', 'unreachable', 'reachable']),
      engineVersion: node.get('Description').get('Engine').text('EngineVersion') || null,
      cpus: resources.number('NanoCPUs') / 1e9 || null,
      memoryBytes: resources.number('MemoryBytes') || null,
      confirmed: true,
      agent: byId.get(id)?.agent ?? null,
      address: status.text('Addr'),
      message: status.text('Message'),
      runs: runsOn(id, tasks),
      containers: null,
    };
  });
  const ids = new Set(listed.map(({ id }) => id));
  const unconfirmed = known.filter(({ id, confirmed }) => !confirmed && !ids.has(id));
  return [...listed, ...unconfirmed.map((node) => ({ ...node, ...UNKNOWN }))].sort(byRoleAndName);
}

/** From a snapshot. */
export function nodesOfSnapshot(snapshot: SnapshotView, tasks: readonly Task[]): SwarmNode[] {
  const { swarm, nodes = [] } = snapshot;
  return (swarm?.members ?? [])
    .map((member) => ({
      ...member,
      ...UNKNOWN,
      runs: swarm?.tasks ? runsOn(member.id, tasks) : null,
      containers: nodes.find(({ id }) => id === member.id)?.counts?.containers ?? null,
    }))
    .sort(byRoleAndName);
}

/** A joining node has no name yet. */
export function hostNameOf(node: JsonReader): string {
  return node.get('Description').text('Hostname') || node.text('ID');
}

const UNKNOWN = { address: '', message: '', runs: null, containers: null } as const;

function runsOn(nodeId: string, tasks: readonly Task[]): ServiceRun[] {
  const counts = new Map<string, number>();
  for (const { node, state, service } of tasks)
    if (node?.id === nodeId && state === 'running') counts.set(service, (counts.get(service) ?? 0) + 1);
  return [...counts]
    .map(([service, count]) => ({ service, count }))
    .sort((one, other) => one.service.localeCompare(other.service));
}

function byRoleAndName(one: SwarmNode, other: SwarmNode): number {
  return (
    one.role.localeCompare(other.role) || one.name.localeCompare(other.name, undefined, { numeric: true })
  );
}
