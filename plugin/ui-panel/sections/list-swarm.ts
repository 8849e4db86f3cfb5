import type { CallOptions } from '../api-client.js';
import type { EngineClient } from '../engine/engine-client.js';
import { itemsOf, type JsonReader } from '../engine/json-reader.js';
import { hostNameOf } from './swarm-node-card.js';
import { nameOfService } from './swarm-service-row.js';
import { type TaskRow, tasksOfList } from './swarm-task-row.js';

/** What the managers of a Swarm tell at one moment. */
export interface SwarmNow {
  /** As they told it. */
  readonly nodes: unknown;
  readonly tasks: readonly TaskRow[];
}

/**
 * Asks a Swarm's managers for its nodes and tasks, and for the names in them.
 * @throws {ApiError} and `AbortError`
 */
export async function listSwarm(engine: EngineClient, options?: CallOptions): Promise<SwarmNow> {
  const ask = (path: string) => engine.call<unknown>('GET', path, options);
  const [nodes, services, tasks] = await Promise.all([ask('/nodes'), ask('/services'), ask('/tasks')]);
  const names = (items: unknown, nameOf: (item: JsonReader) => string) =>
    new Map(itemsOf(items).map((item) => [item.text('ID'), nameOf(item)]));
  return { nodes, tasks: tasksOfList(tasks, names(services, nameOfService), names(nodes, hostNameOf)) };
}
