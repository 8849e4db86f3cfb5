import type * as z from 'zod/mini';
import type { swarmNodeSchema } from '../../../protocol/agent-calls.js';
import { record, text } from './untrusted.js';

/** What identifies an engine to the hub. */
export interface EngineFacts {
  /** The engine's own lasting id; null where it has none (Podman makes up a new one for each call). */
  readonly engineId: string | null;
  /** The Swarm node this engine is; null outside a Swarm. Its `swarmId` is '' on workers, who don't know it. */
  readonly node: z.infer<typeof swarmNodeSchema> | null;
  /** False while the engine is between two places (`pending`, `locked`, `error`); `node` says nothing then. */
  readonly isPlaceKnown: boolean;
}

/** `LocalNodeState` of an engine that is starting, joining, waiting for its unlock key, or failing to. */
const BETWEEN_PLACES = ['pending', 'locked', 'error'];

/** Reads an answer of `GET /info`. */
export function engineFactsOf(info: Record<string, unknown>): EngineFacts {
  const engineId = isPodman(info) ? null : text(info.ID, 128) || null;
  const isPlaceKnown = !BETWEEN_PLACES.includes(text(record(info.Swarm).LocalNodeState, 16));
  return { engineId, node: isPlaceKnown ? swarmNodeOf(info) : null, isPlaceKnown };
}

/** Podman's `/info` tells the version of Buildah, which no Docker Engine has. */
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
