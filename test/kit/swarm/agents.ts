import type { ExecutionContext } from 'ava';
import type { EnvironmentCreated, NodeList } from '../../../plugin/api.js';
import type { SwarmMember } from '../../../protocol/messages/agent-calls.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import { joinInstance, type TestInstance, type TestInstanceOptions } from '../agent/instance.js';
import { startPlugin, type TestPlugin } from '../hub/plugin.js';

type Role = SwarmMember['role'];

/** A hub, an environment, and an agent of each of some nodes, which say what they are. */
export interface SwarmAgents {
  readonly hub: TestPlugin;
  readonly created: EnvironmentCreated;
  /** Below the environment's own address. */
  path(rest: string): string;
  /** An agent enrols for a node of the Swarm `s`. */
  join(nodeId: string, role: Role, options?: Partial<TestInstanceOptions>): Promise<TestInstance>;
  nodes(): Promise<NodeList['items']>;
}

/** @param clock of hub and agents; default: the system's */
export async function startSwarmAgents(
  t: ExecutionContext,
  clock: Clock = systemClock,
): Promise<SwarmAgents> {
  const hub = await startPlugin(t, { clock });
  const created = await hub.createEnvironment({ name: 'swarm' });
  const path = (rest: string) => `/api/environments/${created.id}${rest}`;
  return {
    hub,
    created,
    path,
    join: async (nodeId, role, options = {}) => {
      const { edgeKey, edgeId } = created;
      const node = { swarmId: role === 'manager' ? 's' : '', nodeId, name: `name of ${nodeId}`, role };
      const agent = await joinInstance(t, {
        edgeKey,
        edgeId: edgeId ?? '',
        facts: { node },
        clock,
        ...options,
      });
      await agent.checkIn();
      return agent;
    },
    nodes: async () => (await hub.call<NodeList>('GET', path('/nodes'))).body.items,
  };
}

/** A node as a manager's report has it. */
export function memberOf(id: string, role: Role, changes: Partial<SwarmMember> = {}): SwarmMember {
  return {
    id,
    name: `name of ${id}`,
    role,
    availability: 'active',
    state: 'ready',
    isLeader: false,
    reachability: role === 'manager' ? 'reachable' : null,
    engineVersion: '28.2.2',
    cpus: 2,
    memoryBytes: 2 ** 33,
    ...changes,
  };
}
