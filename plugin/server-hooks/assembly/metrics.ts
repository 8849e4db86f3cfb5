import type { ProblemCode } from '../../../protocol/problems.js';
import type { Logger } from '../host.js';
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
  readonly options: Pick<ResolvedOptions, 'metricsPort' | 'metricsPerEnvironment' | 'clock'>;
  readonly logger: Logger;
  readonly gateway: Gateway;
}

export interface Metrics {
  readonly metrics: HubMetrics;
  /** Codes of its current problems, for the operator. */
  problems(): ProblemCode[];
}

/** The metrics of the parts, and the port that serves them, if there is one. */
export async function startMetrics(parts: MetricsParts, lifecycle: Lifecycle): Promise<Metrics> {
  const { options, logger, gateway, tunnelTotals, refusals } = parts;
  const metrics = await lifecycle.use(
    new HubMetrics({
      ...parts,
      calls: gateway,
      tunnelPort: { totals: tunnelTotals, refused: refusals.counts },
      isPerEnvironment: options.metricsPerEnvironment,
      clock: options.clock,
    }),
  );
  tunnelTotals.onWake((wakeMs) => metrics.observeWake(wakeMs));
  gateway.onCall(
    ({ status, durationMs }) => {
      if (status !== null && status !== 101) metrics.observeDockerCall(durationMs);
    },
    ['docker'],
  );
  const { metricsPort, clock } = options;
  if (metricsPort === null) return { metrics, problems: () => [] };
  const port = await lifecycle.use(new LoopbackPort({ port: metricsPort, metrics, clock, logger }));
  return { metrics, problems: () => (port.isFailing ? ['metrics-port-taken'] : []) };
}
