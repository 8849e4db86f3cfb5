import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import { STARTUP_MS } from './availability.js';
import { checkInSecondsOf } from './check-in-state.js';
import type { Presence } from './presence.js';
import { isSibling } from './swarm-admission.js';

export interface EnrolmentPolicyOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
}

/** Agents of one Swarm: whoever has an Edge key can name as many nodes as he likes, and each is in the store. */
export const MAX_INSTANCES = 500;

/** Who keeps an enrolling agent out of an environment, who stays beside it, and who makes room for it. */
export class EnrolmentPolicy {
  readonly #options: EnrolmentPolicyOptions;
  readonly #startedMs: number;

  constructor(options: EnrolmentPolicyOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /**
   * Whether another agent has the place that an enrolling one wants.
   * @param known the instance that the enrolling agent is already
   */
  isOccupied(environment: Environment, known: Instance | undefined, body: EnrolRequest): boolean {
    if (known) return this.#isCopy(environment, known, body) || isNodeOfOther(environment, known, body);
    return environment.instances.some(
      (other) => excludes(environment, other, body) && this.#holds(environment, other, body),
    );
  }

  /**
   * The other instances that an environment keeps when this agent is let in. A known one takes nobody's place, wherever
   * its engine went; a new one stays next to those that it does not exclude, while there is room.
   */
  retainedSiblings(
    environment: Environment,
    known: Instance | undefined,
    body: EnrolRequest,
  ): readonly Instance[] {
    if (known) return environment.instances.filter((other) => other !== known);
    const kept = environment.instances.filter((other) => !excludes(environment, other, body));
    return kept.length < MAX_INSTANCES ? kept : this.#withoutGone(environment, kept);
  }

  /**
   * The silent instance that a new agent takes the place of: it comes from the same engine, and its data folder was
   * lost. In a Swarm it must come from the same node, too, unless it is alone: an engine's id is only a claim, and
   * machines made from one image share it.
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

  /** Whether this is a copy of a known instance's data folder, on another engine, while the first one lives. */
  #isCopy({ id }: Environment, known: Instance, body: EnrolRequest): boolean {
    if (!known.engineId || !body.engineId || known.engineId === body.engineId) return false;
    return this.#options.presence.isLive(id, known.id);
  }

  /**
   * Whether a known instance keeps a new one out. One that is silent for two intervals is replaced: its
   * data folder was lost, or the engine was. After a start of the hub all are silent at first.
   */
  #holds(environment: Environment, other: Instance, body: EnrolRequest): boolean {
    const { store, presence, registry, clock } = this.#options;
    if (registry.peek(environment.id)?.tunnel?.grant.instanceId === other.id) return true;
    const sameEngine = isSameEngine(other, body);
    // A node is bound to its first agent's engine: all its neighbours have the Edge key, and could say that they are it.
    if (!sameEngine && other.node !== null && other.node.nodeId === body.node?.nodeId) return true;
    if (presence.intervalMs(environment.id, other.id) === null) {
      const graceMs = sameEngine ? 2_000 * checkInSecondsOf(environment, store) : STARTUP_MS;
      return clock.monotonic() - this.#startedMs < graceMs;
    }
    return presence.isLive(environment.id, other.id, sameEngine ? 0 : undefined);
  }

  /** Nobody says so when a node is gone. A silent manager stays: else whoever fills the place up could be it. */
  #withoutGone(environment: Environment, instances: readonly Instance[]): readonly Instance[] {
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
 * Whether an instance and a new agent cannot both serve the environment. In a Swarm's environment a new agent excludes
 * nobody but those of its own node or engine: each worker has the Edge key, and must not drop the managers.
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
