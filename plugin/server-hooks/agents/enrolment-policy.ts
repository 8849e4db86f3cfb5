import type { EnrolRequest } from '../../../protocol/messages/agent-calls.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { STARTUP_MS } from '../live/availability.js';
import type { Presence } from '../live/presence.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import { checkInSecondsOf } from './check-in-state.js';
import { isSibling } from './swarm-admission.js';

export interface EnrolmentPolicyOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
}

/** Agents per Swarm. Anyone with the Edge key can name any number of nodes, and each is stored. */
export const MAX_INSTANCES = 500;

/** Decides which instances block an enrolling agent, which stay next to it, and which it replaces. */
export class EnrolmentPolicy {
  readonly #options: EnrolmentPolicyOptions;
  readonly #startedMs: number;

  constructor(options: EnrolmentPolicyOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /**
   * Whether another agent occupies the place that the enrolling agent wants.
   * @param known the instance that the enrolling agent already is
   */
  isOccupied(environment: Environment, known: Instance | undefined, body: EnrolRequest): boolean {
    if (known) return this.#isCopy(environment, known, body) || isNodeOfOther(environment, known, body);
    return environment.instances.some(
      (other) => excludes(environment, other, body) && this.#holds(environment, other, body),
    );
  }

  /**
   * The other instances that an environment keeps when this agent is admitted. A known instance replaces no other,
   * wherever its engine moved; a new one stays next to those it does not exclude, while there is room.
   */
  retainedSiblings(
    environment: Environment,
    known: Instance | undefined,
    body: EnrolRequest,
  ): readonly Instance[] {
    if (known) return environment.instances.filter((other) => other !== known);
    const kept = environment.instances.filter((other) => !excludes(environment, other, body));
    return kept.length < MAX_INSTANCES ? kept : this.#withoutSilent(environment, kept);
  }

  /**
   * The silent instance that a new agent replaces: same engine, lost data folder. In a Swarm it must also be on the
   * same node, unless it is the only one: an engine's id is only a claim, and machines made from one image share it.
   */
  predecessor(environment: Environment, body: EnrolRequest): Instance | undefined {
    const isAlone = environment.swarm === null || environment.instances.length === 1;
    return environment.instances.find(
      (other) =>
        isSameEngine(other, body) &&
        excludes(environment, other, body) &&
        (isAlone || isSameNode(other, body)) &&
        !this.#holds(environment, other, body),
    );
  }

  /** Whether this is a copy of a known instance's data folder on another engine, while the first one is live. */
  #isCopy({ id }: Environment, known: Instance, body: EnrolRequest): boolean {
    if (!known.engineId || !body.engineId || known.engineId === body.engineId) return false;
    return this.#options.presence.isLive(id, known.id);
  }

  /**
   * Whether a known instance blocks a new one. One that is silent for two intervals is replaced: its data folder or its
   * engine was lost. After a hub start all are silent at first.
   */
  #holds(environment: Environment, other: Instance, body: EnrolRequest): boolean {
    const { store, presence, registry, clock } = this.#options;
    if (registry.peek(environment.id)?.tunnel?.grant.instanceId === other.id) return true;
    const sameEngine = isSameEngine(other, body);
    // A node is bound to its first agent's engine: any other node has the Edge key and could claim to be this one.
    if (!sameEngine && other.node !== null && other.node.nodeId === body.node?.nodeId) return true;
    if (presence.intervalMs(environment.id, other.id) === null) {
      const graceMs = sameEngine ? 2_000 * checkInSecondsOf(environment, store) : STARTUP_MS;
      return clock.monotonic() - this.#startedMs < graceMs;
    }
    return presence.isLive(environment.id, other.id, sameEngine ? 0 : undefined);
  }

  /** Drops silent nodes: a removed node is not reported. A silent manager stays, so that flooding cannot evict it. */
  #withoutSilent(environment: Environment, instances: readonly Instance[]): readonly Instance[] {
    const { presence, clock } = this.#options;
    if (clock.monotonic() - this.#startedMs < STARTUP_MS) return instances;
    return instances.filter((one) => isManager(environment, one) || presence.isLive(environment.id, one.id));
  }
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
