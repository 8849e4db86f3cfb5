import type { SwarmMember } from '../../../protocol/messages/agent-calls.js';
import { codeOf } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { checkInSecondsOf } from '../agents/check-in-state.js';
import type { Logger } from '../host.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { SwarmRoster } from '../swarm/roster.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { Presence } from './presence.js';

export interface StaleNodeReaperOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: Pick<TunnelRegistry, 'state' | 'peek'>;
  readonly roster: Pick<SwarmRoster, 'members' | 'environmentIds'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Maximum delay before a removed node is noticed, ms. */
const SWEEP_MS = 30_000;
/** Allowed silence on top of two intervals, ms. Any credential has expired by then. */
const GRACE_MS = 60_000;

/**
 * Forgets the agents of nodes that left their Swarm (`docker node rm`): no trusted manager lists the node, and the
 * agent is silent. A live agent stays, whatever is reported of its node.
 */
export class StaleNodeReaper {
  readonly #options: StaleNodeReaperOptions;
  readonly #startedMs: number;
  #stop: (() => void) | null = null;

  constructor(options: StaleNodeReaperOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  start(): void {
    this.#stop ??= this.#options.clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Safe to call twice. */
  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #sweep(): void {
    const { store, roster } = this.#options;
    for (const id of roster.environmentIds()) {
      const environment = store.environment(id);
      const members = roster.members(id);
      if (environment && members) this.#forget(environment, members);
    }
  }

  #forget(environment: Environment, members: ReadonlyMap<string, SwarmMember>): void {
    const { store, logger } = this.#options;
    // An instance outside on purpose is not a node of this Swarm and in no manager's list.
    const isStale = (instance: Instance) =>
      instance.node !== null &&
      !instance.isOutside &&
      !members.has(instance.node.nodeId) &&
      this.#isSilent(environment, instance);
    const stale = environment.instances.filter(isStale);
    if (stale.length === 0) return;
    const about = { environment: environment.id, nodes: stale.map(({ node }) => node?.nodeId) };
    const ids = new Set(stale.map(({ id }) => id));
    const withoutStale = (current: Environment) => ({
      ...current,
      instances: current.instances.filter(({ id }) => !ids.has(id)),
    });
    store.update(environment.id, withoutStale).then(
      () => logger.info(about, 'removed nodes that left their Swarm'),
      (error) => logger.error({ ...about, code: codeOf(error) }, 'cannot remove nodes that left their Swarm'),
    );
  }

  #isSilent(environment: Environment, { id }: Instance): boolean {
    const { store, presence, registry, clock } = this.#options;
    const isLeading = registry.peek(environment.id)?.tunnel?.grant.instanceId === id;
    if (isLeading || registry.state(environment.id, id) === 'active') return false;
    if (presence.intervalMs(environment.id, id) !== null)
      return !presence.isLive(environment.id, id, GRACE_MS);
    // After a hub start all are silent at first.
    const dueMs = 2_000 * checkInSecondsOf(environment, store) + GRACE_MS;
    return clock.monotonic() - this.#startedMs > dueMs;
  }
}
