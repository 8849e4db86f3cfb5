import type { Registry } from 'prom-client';
import type { LiveEnvironments } from '../live/environments.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { statusOf } from '../views/status/observe-environment.js';
import { type Sample, scrapedGauge } from './scraped.js';

export interface EnvironmentMetricsSources {
  readonly store: Pick<Store, 'environments'>;
  readonly live: Pick<LiveEnvironments, 'of'>;
}

/** Four series for each environment: their number is that of the fleet, so they are an option. */
export function addEnvironmentMetrics(registry: Registry, { store, live }: EnvironmentMetricsSources): void {
  const labelNames = ['environment'];
  const each = (read: (environment: Environment) => number | null) =>
    function* (): Generator<Sample> {
      for (const environment of store.environments()) {
        const value = read(environment);
        if (value !== null) yield [{ environment: String(environment.id) }, value];
      }
    };
  scrapedGauge(registry, {
    name: 'fairlead_environment_info',
    help: 'The name of an environment; always 1',
    labelNames: ['environment', 'name'],
    *read() {
      for (const { id, name } of store.environments()) yield [{ environment: String(id), name }, 1];
    },
  });
  scrapedGauge(registry, {
    name: 'fairlead_environment_online',
    help: 'Whether an agent of the environment checks in, healthy or not',
    labelNames,
    read: each((environment) => {
      const status = statusOf(environment, live.of(environment.id).presence);
      return status === 'online' || status === 'degraded' ? 1 : 0;
    }),
  });
  scrapedGauge(registry, {
    name: 'fairlead_environment_tunnel_active',
    help: 'Whether the tunnel of the environment is open',
    labelNames,
    read: each(({ id }) => (live.of(id).tunnels.state() === 'active' ? 1 : 0)),
  });
  scrapedGauge(registry, {
    name: 'fairlead_environment_last_check_in_timestamp_seconds',
    help: 'Last check-in since the start of the hub, Unix time; absent before',
    labelNames,
    read: each(({ id }) => {
      const atMs = live.of(id).presence.lastCheckInAtMs();
      return atMs === null ? null : atMs / 1_000;
    }),
  });
}
