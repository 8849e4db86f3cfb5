import type { Registry } from 'prom-client';
import type { FleetCounts } from './fleet-counts.js';
import { byLabel, scrapedCounter, scrapedGauge } from './scraped.js';

export interface FleetMetricsSources {
  readonly fleet: () => FleetCounts;
  readonly checkIns: { readonly count: number };
}

/** Environments, agents, and what they do now. */
export function addFleetMetrics(registry: Registry, { fleet, checkIns }: FleetMetricsSources): void {
  scrapedGauge(registry, {
    name: 'fairlead_environments',
    help: 'Environments by status',
    labelNames: ['status'],
    read: () => byLabel('status', fleet().environments),
  });
  scrapedGauge(registry, {
    name: 'fairlead_agents',
    help: 'Enrolled agents by state',
    labelNames: ['state'],
    read: () => byLabel('state', fleet().agents),
  });
  scrapedCounter(registry, {
    name: 'fairlead_check_ins_total',
    help: 'Check-ins of authenticated agents',
    read: () => checkIns.count,
  });
  scrapedGauge(registry, {
    name: 'fairlead_held_check_ins',
    help: 'Check-ins that are held now',
    read: () => fleet().heldCheckIns,
  });
  scrapedGauge(registry, {
    name: 'fairlead_tunnels',
    help: 'Tunnels of environments and nodes by state',
    labelNames: ['state'],
    read: () => byLabel('state', fleet().tunnels),
  });
  scrapedGauge(registry, {
    name: 'fairlead_engine_calls',
    help: 'Calls to engines that are open now, or wait for a tunnel',
    read: () => fleet().engineCalls,
  });
}
