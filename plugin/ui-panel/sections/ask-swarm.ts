import type { EngineClient } from '../engine/engine-client.js';
import type { DockerNode } from './swarm-node-card.js';
import type { DockerService } from './swarm-service-row.js';
import { type DockerTask, type TaskRow, tasksOfList } from './swarm-task-row.js';

/** What the managers of a Swarm tell at one moment. */
export interface SwarmNow {
  readonly nodes: readonly DockerNode[];
  readonly tasks: readonly TaskRow[];
}

/**
 * Asks a Swarm's managers for its nodes and tasks, and for the names in them.
 * @throws {ApiError} and `AbortError`
 */
export async function askSwarm(engine: EngineClient, signal: AbortSignal): Promise<SwarmNow> {
  const [nodes, services, tasks] = await Promise.all([
    engine.call<readonly DockerNode[]>('GET', '/nodes', { signal }),
    engine.call<readonly DockerService[]>('GET', '/services', { signal }),
    engine.call<readonly DockerTask[]>('GET', '/tasks', { signal }),
  ]);
  const serviceNames = new Map(services.map(({ ID, Spec }) => [ID, Spec.Name]));
  const nodeNames = new Map(nodes.map(({ ID, Description }) => [ID, Description?.Hostname ?? ID]));
  return { nodes, tasks: tasksOfList(tasks, serviceNames, nodeNames) };
}
