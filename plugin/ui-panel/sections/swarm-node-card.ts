import type { NodeView, SnapshotView } from '../../api.js';
import type { TaskRow } from './swarm-task-row.js';

/** What a node is to be, as far as it is read here. */
export interface NodeSpec {
  readonly Role: NodeView['role'];
  readonly Availability: 'active' | 'pause' | 'drain';
}

/** What `GET /nodes` has of a node, as far as it is shown. */
export interface DockerNode {
  readonly ID: string;
  readonly Spec: NodeSpec;
  /** A node that is just joining has none yet. */
  readonly Description?: {
    readonly Hostname?: string;
    readonly Resources?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number };
    readonly Engine?: { readonly EngineVersion?: string };
  };
  readonly Status: {
    readonly State: NonNullable<NodeView['state']>;
    readonly Message?: string;
    readonly Addr?: string;
  };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability?: NodeView['reachability'] };
}

/** Of one service, how many tasks run on a node. */
export interface NodeRun {
  readonly service: string;
  readonly count: number;
}

/** A node as the panel shows it, with its agent. All texts are engines'. */
export interface NodeCard extends NodeView {
  /** '' where that is not told. */
  readonly address: string;
  /** What the managers say about its state; '' for nothing. */
  readonly message: string;
  /** What runs on it, by name. Null: no manager tells. */
  readonly runs: readonly NodeRun[] | null;
  /** Null: not told. */
  readonly containers: number | null;
}

/**
 * Docker's own list, with what the hub knows of the agents. Managers come first.
 * @param known the hub's; what its managers do not list is of agents on nodes that they do not confirm
 */
export function cardsOfList(
  nodes: readonly DockerNode[],
  known: readonly NodeView[],
  tasks: readonly TaskRow[],
): NodeCard[] {
  const byId = new Map(known.map((node) => [node.id, node]));
  const ids = new Set(nodes.map(({ ID }) => ID));
  const listed = nodes.map((node): NodeCard => {
    const { Spec, Description, Status, ManagerStatus } = node;
    return {
      id: node.ID,
      name: Description?.Hostname ?? node.ID,
      role: Spec.Role,
      availability: Spec.Availability,
      state: Status.State,
      isLeader: ManagerStatus?.Leader ?? false,
      reachability: ManagerStatus?.Reachability ?? null,
      engineVersion: Description?.Engine?.EngineVersion ?? null,
      cpus: Description?.Resources?.NanoCPUs ? Description.Resources.NanoCPUs / 1e9 : null,
      memoryBytes: Description?.Resources?.MemoryBytes ?? null,
      confirmed: true,
      agent: byId.get(node.ID)?.agent ?? null,
      address: Status.Addr ?? '',
      message: Status.Message ?? '',
      runs: runsOn(node.ID, tasks),
      containers: null,
    };
  });
  const strange = known.filter(({ id, confirmed }) => !confirmed && !ids.has(id));
  return [...listed, ...strange.map((node) => ({ ...node, ...UNTOLD }))].sort(byRoleAndName);
}

/** A snapshot's. */
export function cardsOfSnapshot(snapshot: SnapshotView, tasks: readonly TaskRow[]): NodeCard[] {
  const { swarm, nodes = [] } = snapshot;
  return (swarm?.members ?? [])
    .map((member) => ({
      ...member,
      ...UNTOLD,
      runs: swarm?.tasks ? runsOn(member.id, tasks) : null,
      containers: nodes.find(({ id }) => id === member.id)?.counts?.containers ?? null,
    }))
    .sort(byRoleAndName);
}

const UNTOLD = { address: '', message: '', runs: null, containers: null } as const;

function runsOn(nodeId: string, tasks: readonly TaskRow[]): NodeRun[] {
  const counts = new Map<string, number>();
  for (const { node, state, service } of tasks)
    if (node?.id === nodeId && state === 'running') counts.set(service, (counts.get(service) ?? 0) + 1);
  return [...counts]
    .map(([service, count]) => ({ service, count }))
    .sort((one, other) => one.service.localeCompare(other.service));
}

function byRoleAndName(one: NodeCard, other: NodeCard): number {
  return (
    one.role.localeCompare(other.role) || one.name.localeCompare(other.name, undefined, { numeric: true })
  );
}
