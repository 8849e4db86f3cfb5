import type { CallOptions } from '../api/client.js';
import type { EngineClient } from './client.js';
import { itemsOf, type JsonReader } from './model/json-reader.js';
import { hostNameOf } from './model/node.js';
import { nameOfService } from './model/service.js';
import { type Task, tasksOfList } from './model/task.js';

/** A Swarm's nodes and tasks at one moment. */
export interface SwarmNow {
  /** As sent by the manager. */
  readonly nodes: unknown;
  readonly tasks: readonly Task[];
}

/**
 * Lists a Swarm's nodes and tasks, with the names in them.
 * @throws {ApiError} and `AbortError`
 */
export async function listSwarm(engine: EngineClient, options?: CallOptions): Promise<SwarmNow> {
  const get = (path: string) => engine.call<unknown>('GET', path, options);
  const [nodes, services, tasks] = await Promise.all([get('/nodes'), get('/services'), get('/tasks')]);
  const names = (items: unknown, nameOf: (item: JsonReader) => string) =>
    new Map(itemsOf(items).map((item) => [item.text('ID'), nameOf(item)]));
  return { nodes, tasks: tasksOfList(tasks, names(services, nameOfService), names(nodes, hostNameOf)) };
}
