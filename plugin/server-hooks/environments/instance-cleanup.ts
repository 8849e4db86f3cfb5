import type { Store } from '../store/store.js';
import type { LeaderElection } from '../swarm/leader-election.js';
import type { SwarmRoster } from '../swarm/swarm-roster.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { CheckIns } from './check-ins.js';
import type { MachineClaims } from './machine-claims.js';
import type { Presence } from './presence.js';

export interface InstanceCleanupOptions {
  readonly store: Pick<Store, 'environment' | 'onChange'>;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly roster: SwarmRoster;
  readonly election: LeaderElection;
  readonly checkIns: CheckIns;
  readonly machines: MachineClaims;
}

/**
 * From the moment at which an instance is in the store no more, whoever took it out, nothing in memory tells of it: not
 * what it said, not its node's tunnel, not its check-in that is held. Returns a function that ends this.
 */
export function cleanUpInstances(options: InstanceCleanupOptions): () => void {
  const { store, presence, registry, roster, election, checkIns, machines } = options;
  const drop = (id: number) => {
    roster.prune(id);
    const remaining = new Set(store.environment(id)?.instances.map((instance) => instance.id));
    registry.keepNodes(id, remaining);
    machines.keep(id, remaining);
    if (!presence.keep(id, remaining)) return;
    election.evaluate(id);
    checkIns.wake(id);
  };
  return store.onChange((id) => {
    // Who takes them out may have more to say of their ends.
    if (id !== null) queueMicrotask(() => drop(id));
  });
}
