import type { SwarmMember } from '../../../protocol/messages/agent-calls.js';
import { codeOf } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { Environment, Instance } from '../model/environment.js';
import { checkInSecondsOf } from '../model/settings.js';
import type { Store } from '../store/store.js';
import type { LiveEnvironment } from './environment.js';

type Live = Pick<LiveEnvironment, 'record' | 'members' | 'presence' | 'tunnels'>;

export interface StaleNodeReaperOptions {
  readonly store: Pick<Store, 'settings' | 'update'>;
  readonly live: Iterable<Live>;
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
  #stop: (() => void) | null = null;

  constructor(options: StaleNodeReaperOptions) {
    this.#options = options;
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
    for (const live of this.#options.live) {
      const { record, members } = live;
      if (record && members) this.#forget(record, members, live);
    }
  }

  #forget(environment: Environment, members: ReadonlyMap<string, SwarmMember>, live: Live): void {
    const { store, logger } = this.#options;
    // An instance outside on purpose is not a node of this Swarm and in no manager's list.
    const isStale = (instance: Instance) =>
      instance.node !== null &&
      !instance.isOutside &&
      !members.has(instance.node.nodeId) &&
      this.#isSilent(environment, instance, live);
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

  #isSilent(environment: Environment, { id }: Instance, { presence, tunnels }: Live): boolean {
    if (tunnels.isOpenTo(id)) return false;
    const startupMs = 2_000 * checkInSecondsOf(environment, this.#options.store.settings()) + GRACE_MS;
    return !presence.mayBeLive(id, startupMs, GRACE_MS);
  }
}
