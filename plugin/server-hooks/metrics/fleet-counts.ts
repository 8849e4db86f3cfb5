import type { EnvironmentStatus } from '../../api.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Store } from '../store/store.js';
import type { TunnelState } from '../tunnel/slot.js';
import { statusOf } from '../views/status/observe-environment.js';

/** The fleet at one moment. */
export interface FleetCounts {
  readonly environments: Record<EnvironmentStatus, number>;
  readonly agents: { online: number; offline: number };
  heldCheckIns: number;
  /** Of environments and nodes; a node that never had a tunnel is not counted. */
  readonly tunnels: Record<TunnelState, number>;
  /** Calls to engines that are open, or wait for a tunnel. */
  engineCalls: number;
}

export interface FleetSources {
  readonly store: Pick<Store, 'environments'>;
  readonly live: Pick<LiveEnvironments, 'of'>;
}

/** Counts in one pass: about as long as the check of all environments that the hub does every second. */
export function countFleet({ store, live }: FleetSources): FleetCounts {
  const counts: FleetCounts = {
    environments: { new: 0, online: 0, degraded: 0, offline: 0, refused: 0 },
    agents: { online: 0, offline: 0 },
    heldCheckIns: 0,
    tunnels: { idle: 0, required: 0, active: 0 },
    engineCalls: 0,
  };
  for (const environment of store.environments()) {
    const { presence, heldCount, tunnels } = live.of(environment.id);
    const online = environment.instances.filter(({ id }) => presence.isLive(id));
    counts.environments[statusOf(environment, presence, online)]++;
    counts.agents.online += online.length;
    counts.agents.offline += environment.instances.length - online.length;
    counts.heldCheckIns += heldCount;
    if (!tunnels.peek()) counts.tunnels.idle++;
    for (const slot of tunnels) {
      counts.tunnels[slot.state]++;
      counts.engineCalls += slot.uses;
    }
  }
  return counts;
}
