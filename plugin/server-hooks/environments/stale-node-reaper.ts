import type { SwarmMember } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import { codeOf } from '../../../protocol/edge-error.js';
import type { Logger } from '../host.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { SwarmRoster } from '../swarm/swarm-roster.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import { checkInSecondsOf } from './check-in-state.js';
import type { Presence } from './presence.js';

export interface StaleNodeReaperOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: Pick<TunnelRegistry, 'state' | 'peek'>;
  readonly roster: Pick<SwarmRoster, 'members' | 'environmentIds'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How late it may be noticed that a node is gone, ms. */
const SWEEP_MS = 30_000;
/** What an agent may be silent on top of two intervals, ms. No credential of its is good any more then. */
const GRACE_MS = 60_000;

/**
 * Forgets the agents of nodes that left their Swarm (`docker node rm`): none of the managers that are trusted has the
 * node in its list any more, and the agent is silent. An agent that is heard stays, whatever is told of its node.
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
    // Whose engine is in another place on purpose is no node of this Swarm, and in no manager's list.
    const isGone = (instance: Instance) =>
      instance.node !== null &&
      !instance.isOutside &&
      !members.has(instance.node.nodeId) &&
      this.#isSilent(environment, instance);
    const gone = environment.instances.filter(isGone);
    if (gone.length === 0) return;
    const about = { environment: environment.id, nodes: gone.map(({ node }) => node?.nodeId) };
    const instances = environment.instances.filter((instance) => !gone.includes(instance));
    store.putEnvironment({ ...environment, instances }).then(
      () => logger.info(about, 'nodes that left their Swarm are forgotten'),
      (error) =>
        logger.error({ ...about, code: codeOf(error) }, 'nodes that are gone could not be forgotten'),
    );
  }

  #isSilent(environment: Environment, { id }: Instance): boolean {
    const { store, presence, registry, clock } = this.#options;
    const isLeading = registry.peek(environment.id)?.tunnel?.grant.instanceId === id;
    if (isLeading || registry.state(environment.id, id) === 'active') return false;
    if (presence.intervalMs(environment.id, id) !== null)
      return !presence.isLive(environment.id, id, GRACE_MS);
    // After a start of the hub all are silent at first.
    const dueMs = 2_000 * checkInSecondsOf(environment, store) + GRACE_MS;
    return clock.monotonic() - this.#startedMs > dueMs;
  }
}
