import { Histogram, type Registry } from 'prom-client';
import type { ProblemCounts } from '../model/problem-counts.js';
import { byLabel, type Sample, scrapedCounter } from './scraped.js';
import type { TunnelTotals } from './tunnel-totals.js';

const WAKE_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export interface TunnelMetricsSources {
  readonly totals: Pick<TunnelTotals, 'opened' | 'ended' | 'bytes'>;
  /** Connections to the tunnel port that were refused. */
  readonly refused: ProblemCounts;
}

/** The tunnel port. @returns records the time from a demand to its tunnel, ms */
export function addTunnelMetrics(
  registry: Registry,
  { totals, refused }: TunnelMetricsSources,
): (wakeMs: number) => void {
  scrapedCounter(registry, {
    name: 'fairlead_tunnels_opened_total',
    help: 'Tunnels that agents opened',
    read: () => totals.opened,
  });
  scrapedCounter(registry, {
    name: 'fairlead_tunnels_ended_total',
    help: 'Tunnels that ended, by reason',
    labelNames: ['reason'],
    read: () => byLabel('reason', totals.ended),
  });
  scrapedCounter(registry, {
    name: 'fairlead_tunnel_refusals_total',
    help: 'Connections to the tunnel port that were refused, by the code of the problem',
    labelNames: ['code'],
    read: () => [...refused].map(([code, count]): Sample => [{ code }, count]),
  });
  scrapedCounter(registry, {
    name: 'fairlead_tunnel_bytes_total',
    help: 'Bytes in tunnels, HTTP/2 frames included, as the hub received and sent them',
    labelNames: ['direction'],
    read: () => byLabel('direction', { ...totals.bytes() }),
  });
  const wakes = new Histogram({
    name: 'fairlead_tunnel_wake_seconds',
    help: 'Time from a demand to its open tunnel',
    buckets: WAKE_SECONDS,
    registers: [registry],
  });
  return (wakeMs) => wakes.observe(wakeMs / 1_000);
}
