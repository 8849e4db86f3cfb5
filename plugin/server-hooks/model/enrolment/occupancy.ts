import type { EnrolRequest } from '../../../../protocol/messages/agent-calls.js';
import { type Environment, type Instance, isManager } from '../environment.js';
import { isSibling } from './swarm-place.js';

/** What is known of an instance while the hub runs. */
export interface InstanceLiveness {
  /** It was seen within two of its intervals and a grace. */
  readonly isLive: boolean;
  /** It is live, or has not had the time to reconnect since the hub started. */
  readonly mayBeLive: boolean;
  /** As {@link mayBeLive}, without the grace and after a start for two intervals only. */
  readonly mayBeOnTime: boolean;
  /** The environment's tunnel is its own. */
  readonly hasTunnel: boolean;
}

/** What is known of an environment's instances at the time of a decision. */
export interface Liveness {
  /** Interval of its plain check-ins, ms. */
  readonly intervalMs: number;
  readonly instances: ReadonlyMap<string, InstanceLiveness>;
}

/** It enrolled after that time, by another hub. */
const NEW: InstanceLiveness = Object.freeze({
  isLive: true,
  mayBeLive: true,
  mayBeOnTime: true,
  hasTunnel: false,
});

/** Agents per Swarm. Anyone with the Edge key can name any number of nodes, and each is stored. */
export const MAX_INSTANCES = 500;

/**
 * Whether another agent occupies the place that the enrolling agent wants.
 * @param known the instance that the enrolling agent already is
 */
export function isOccupied(
  environment: Environment,
  known: Instance | undefined,
  body: EnrolRequest,
  liveness: Liveness,
): boolean {
  if (known) return isCopy(known, body, liveness) || isNodeOfOther(environment, known, body);
  return environment.instances.some(
    (other) => excludes(environment, other, body) && holds(other, body, liveness),
  );
}

/**
 * The other instances that an environment keeps when this agent is admitted. A known instance replaces no other,
 * wherever its engine moved; a new one stays next to those it does not exclude, while there is room.
 */
export function retainedSiblings(
  environment: Environment,
  known: Instance | undefined,
  body: EnrolRequest,
  liveness: Liveness,
): readonly Instance[] {
  if (known) return environment.instances.filter((other) => other !== known);
  const kept = environment.instances.filter((other) => !excludes(environment, other, body));
  return kept.length < MAX_INSTANCES ? kept : withoutSilent(environment, kept, liveness);
}

/**
 * The silent instance that a new agent replaces: same engine, lost data folder. In a Swarm it must also be on the
 * same node, unless it is the only one: an engine's id is only a claim, and machines made from one image share it.
 */
export function findPredecessor(
  environment: Environment,
  body: EnrolRequest,
  liveness: Liveness,
): Instance | undefined {
  const isAlone = environment.swarm === null || environment.instances.length === 1;
  return environment.instances.find(
    (other) =>
      isSameEngine(other, body) &&
      excludes(environment, other, body) &&
      (isAlone || isSameNode(other, body)) &&
      !holds(other, body, liveness),
  );
}

/** Whether this is a copy of a known instance's data folder on another engine, while the first one is live. */
function isCopy(known: Instance, body: EnrolRequest, liveness: Liveness): boolean {
  if (!known.engineId || !body.engineId || known.engineId === body.engineId) return false;
  return livenessOf(known, liveness).isLive;
}

/**
 * Whether a known instance blocks a new one. One that is silent for two intervals is replaced: its data folder or its
 * engine was lost. After a hub start all are silent at first.
 */
function holds(other: Instance, body: EnrolRequest, liveness: Liveness): boolean {
  const { hasTunnel, mayBeLive, mayBeOnTime } = livenessOf(other, liveness);
  if (hasTunnel) return true;
  const sameEngine = isSameEngine(other, body);
  // A node is bound to its first agent's engine: any other node has the Edge key and could claim to be this one.
  if (!sameEngine && isSameNode(other, body)) return true;
  return sameEngine ? mayBeOnTime : mayBeLive;
}

/** Drops silent nodes: a removed node is not reported. A silent manager stays, so that flooding cannot evict it. */
function withoutSilent(
  environment: Environment,
  instances: readonly Instance[],
  liveness: Liveness,
): readonly Instance[] {
  return instances.filter((one) => isManager(environment, one) || livenessOf(one, liveness).mayBeLive);
}

function livenessOf({ id }: Instance, { instances }: Liveness): InstanceLiveness {
  return instances.get(id) ?? NEW;
}

/** A node belongs to the agent that enrolled for it first. */
function isNodeOfOther(environment: Environment, known: Instance, { node }: EnrolRequest): boolean {
  if (node === null) return false;
  return environment.instances.some((other) => other !== known && other.node?.nodeId === node.nodeId);
}

/**
 * Whether an instance and a new agent cannot both serve the environment. In a Swarm a new agent excludes only those of
 * its own node or engine: every worker has the Edge key and must not drop the managers.
 */
function excludes({ swarm }: Environment, other: Instance, body: EnrolRequest): boolean {
  if (isSibling(other, body)) return false;
  if (swarm === null) return true;
  return isSameEngine(other, body) || isSameNode(other, body);
}

function isSameNode({ node }: Instance, body: EnrolRequest): boolean {
  return node !== null && node.nodeId === body.node?.nodeId;
}

function isSameEngine({ engineId }: Instance, body: EnrolRequest): boolean {
  return engineId !== null && engineId === body.engineId;
}
