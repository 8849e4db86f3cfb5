import type * as z from 'zod/mini';
import type { swarmNodeSchema } from '../../../protocol/messages/agent-calls.js';
import { record, text } from './engine-json.js';

/** Identity of an engine. */
export interface EngineFacts {
  /** The engine's own persistent id; null where it has none (Podman invents one for each call). */
  readonly engineId: string | null;
  /** This engine's Swarm node; null outside a Swarm. Its `swarmId` is '' on workers, which do not know it. */
  readonly node: z.infer<typeof swarmNodeSchema> | null;
  /** False while the engine's place is in transition (`pending`, `locked`, `error`); `node` is meaningless then. */
  readonly isPlaceKnown: boolean;
}

/** `LocalNodeState` of an engine that is starting, joining, waiting for its unlock key, or failing to. */
const IN_TRANSITION = ['pending', 'locked', 'error'];

/** Reads an answer of `GET /info`. */
export function engineFactsOf(info: Record<string, unknown>): EngineFacts {
  const engineId = isPodman(info) ? null : text(info.ID, 128) || null;
  const isPlaceKnown = !IN_TRANSITION.includes(text(record(info.Swarm).LocalNodeState, 16));
  return { engineId, node: isPlaceKnown ? swarmNodeOf(info) : null, isPlaceKnown };
}

/** Podman's `/info` contains the version of Buildah; Docker's does not. */
export function isPodman(info: Record<string, unknown>): boolean {
  return 'BuildahVersion' in info;
}

function swarmNodeOf(info: Record<string, unknown>): EngineFacts['node'] {
  const swarm = record(info.Swarm);
  const nodeId = text(swarm.NodeID, 64);
  if (nodeId === '' || swarm.LocalNodeState === 'inactive') return null;
  return {
    swarmId: text(record(swarm.Cluster).ID, 64),
    nodeId,
    name: text(info.Name, 255),
    role: swarm.ControlAvailable === true ? 'manager' : 'worker',
  };
}
