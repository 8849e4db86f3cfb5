import type { Gateway } from '../http/gateway.js';
import type { Lifecycle } from '../lifecycle.js';
import { HubMetrics } from '../metrics/hub-metrics.js';
import type { ResolvedOptions } from '../options.js';
import { LoopbackPort } from '../routes/metrics/loopback-port.js';
import type { Live } from './live.js';
import type { Storage } from './storage.js';
import type { Tunnels } from './tunnels.js';

export interface MetricsParts
  extends Pick<Storage, 'store' | 'snapshots'>,
    Pick<Live, 'live' | 'checkIns'>,
    Pick<Tunnels, 'tunnelTotals' | 'refusals'> {
  readonly options: Pick<ResolvedOptions, 'metricsPort' | 'metricsPerEnvironment'>;
  readonly gateway: Gateway;
}

/** The metrics of the parts, and the port that serves them, if there is one. */
export async function startMetrics(parts: MetricsParts, lifecycle: Lifecycle): Promise<HubMetrics> {
  const { options, gateway, tunnelTotals, refusals } = parts;
  const metrics = await lifecycle.use(
    new HubMetrics({
      ...parts,
      calls: gateway,
      tunnelPort: { totals: tunnelTotals, refused: refusals.counts },
      isPerEnvironment: options.metricsPerEnvironment,
    }),
  );
  tunnelTotals.onWake((wakeMs) => metrics.observeWake(wakeMs));
  gateway.onCall(
    ({ status, durationMs }) => {
      if (status !== null && status !== 101) metrics.observeDockerCall(durationMs);
    },
    ['docker'],
  );
  if (options.metricsPort !== null)
    await lifecycle.use(new LoopbackPort({ port: options.metricsPort, metrics }));
  return metrics;
}
