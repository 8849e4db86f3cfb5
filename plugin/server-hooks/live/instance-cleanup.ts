import type { CheckIns } from '../agents/check-ins.js';
import type { Store } from '../store/store.js';
import type { LeaderElection } from '../swarm/leader-election.js';
import type { SwarmRoster } from '../swarm/roster.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { MachineClaims } from './machine-claims.js';
import type { Presence } from './presence.js';

export interface InstanceCleanupOptions {
  readonly store: Pick<Store, 'environment' | 'watch'>;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly roster: SwarmRoster;
  readonly election: LeaderElection;
  readonly checkIns: CheckIns;
  readonly machines: MachineClaims;
}

/**
 * Clears an instance's presence, node tunnel and held check-in as soon as it leaves the store. Returns a function that
 * stops this.
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
  return store.watch((change) => {
    // Deferred: the remover may still record how they ended.
    if (change.kind === 'environment') queueMicrotask(() => drop(change.id));
  });
}
