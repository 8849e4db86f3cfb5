import {
  MAX_SWARM_NODES,
  type SwarmMember,
  type SwarmReport,
} from '../../../protocol/messages/agent-calls.js';
import type { Engine } from './engine.js';
import type { EngineFacts } from './engine-facts.js';
import { answeredList, count, record, text } from './engine-json.js';

const NODES_DEADLINE_MS = 5_000;

/**
 * This manager's view of the Swarm; null if the engine is not a manager or does not answer, as without a quorum of
 * managers. Never throws.
 */
export async function swarmReport(
  engine: Engine,
  { node }: Pick<EngineFacts, 'node'>,
): Promise<SwarmReport | null> {
  if (node?.role !== 'manager' || node.swarmId === '') return null;
  try {
    const nodes = answeredList(await engine.call(NODES_DEADLINE_MS, (client) => client.listNodes()));
    return { swarmId: node.swarmId, nodes: nodes.slice(0, MAX_SWARM_NODES).map(toMember).sort(byId) };
  } catch {
    return null;
  }
}

/** One entry of `GET /nodes`. */
function toMember(value: unknown): SwarmMember {
  const node = record(value);
  const spec = record(node.Spec);
  const description = record(node.Description);
  const resources = record(description.Resources);
  const manager =
    node.ManagerStatus === undefined || node.ManagerStatus === null ? null : record(node.ManagerStatus);
  return {
    id: text(node.ID, 64),
    name: text(description.Hostname, 255),
    role: spec.Role === 'manager' ? 'manager' : 'worker',
    availability: oneOf(['active', 'pause', 'drain'], spec.Availability, 'active'),
    state: oneOf(['unknown', 'down', 'ready', 'disconnected'], record(node.Status).State, 'unknown'),
    isLeader: manager?.Leader === true,
    reachability: manager && oneOf(['unknown', 'unreachable', 'reachable'], manager.Reachability, 'unknown'),
    engineVersion: text(record(description.Engine).EngineVersion, 64),
    cpus: count(resources.NanoCPUs) / 1e9,
    memoryBytes: count(resources.MemoryBytes),
  };
}

function oneOf<const T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((one) => one === value) ?? otherwise;
}

/** The engine's own order changes from call to call. */
function byId(a: SwarmMember, b: SwarmMember): number {
  return a.id < b.id ? -1 : 1;
}
