import { Registry } from 'prom-client';
import manifest from '../../../manifest.json' with { type: 'json' };
import type { Clock } from '../../../protocol/time/clock.js';
import type { Part } from '../lifecycle.js';
import { addCallMetrics, type CallMetricsSources } from './call-metrics.js';
import { type EnvironmentMetricsSources, environmentMetrics } from './environment-metrics.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { countFleet, type FleetCounts } from './fleet-counts.js';
import { addFleetMetrics, type FleetMetricsSources } from './fleet-metrics.js';
import { addProcessMetrics, type ProcessFacts, readProcessFacts } from './process-metrics.js';
import { scrapedGauge } from './scraped.js';
import { addStorageMetrics, type StorageMetricsSources } from './storage-metrics.js';
import { addTunnelMetrics, type TunnelMetricsSources } from './tunnel-metrics.js';

export interface HubMetricsOptions
  extends EnvironmentMetricsSources,
    Pick<FleetMetricsSources, 'checkIns'>,
    StorageMetricsSources {
  readonly store: EnvironmentMetricsSources['store'] & StorageMetricsSources['store'];
  readonly calls: CallMetricsSources;
  readonly tunnelPort: TunnelMetricsSources;
  /** Whether each environment has series of its own. */
  readonly isPerEnvironment: boolean;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** How long an answer serves later scrapes, ms: fast callers must not keep the event loop busy. */
const REUSE_MS = 1_000;

/**
 * The metrics of one hub, in a registry of their own: a process may run several. Parts of the hub count in plain numbers,
 * which are read at each scrape. No label is chosen by a caller or an agent, so the number of series is bounded.
 */
export class HubMetrics implements Part {
  /** Content type of {@link text}. */
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** Records the time from a demand to its tunnel, ms. */
  readonly observeWake: (wakeMs: number) => void;
  /** Records the duration of a Docker call, ms. */
  readonly observeDockerCall: (durationMs: number) => void;
  readonly #options: HubMetricsOptions;
  readonly #registry = new Registry();
  readonly #delay = new EventLoopDelay();
  /** Counted once a scrape. */
  #fleet: FleetCounts | null = null;
  #facts: ProcessFacts = { openFiles: null };
  #scrape: Promise<Buffer> | null = null;
  /** The last answer, until {@link REUSE_MS} after its end. */
  #last: { readonly text: Buffer; readonly untilMs: number } | null = null;

  constructor(options: HubMetricsOptions) {
    this.#options = options;
    const registry = this.#registry;
    scrapedGauge(registry, {
      name: 'fairlead_build_info',
      help: 'Versions of the hub and of Node; always 1',
      labelNames: ['version', 'node'],
      read: () => [[{ version: manifest.version, node: process.version }, 1]],
    });
    addFleetMetrics(registry, {
      fleet: () => (this.#fleet ??= countFleet(options)),
      checkIns: options.checkIns,
    });
    this.observeDockerCall = addCallMetrics(registry, options.calls);
    this.observeWake = addTunnelMetrics(registry, options.tunnelPort);
    addStorageMetrics(registry, options);
    addProcessMetrics(registry, this.#delay, () => this.#facts);
  }

  stop(): void {
    this.#delay.stop();
  }

  /** The values in the text format of Prometheus, at most a second old. Calls at the same time share one scrape. */
  async text(): Promise<Buffer> {
    const { clock } = this.#options;
    if (this.#last && clock.monotonic() < this.#last.untilMs) return this.#last.text;
    this.#scrape ??= this.#read().finally(() => {
      this.#scrape = null;
    });
    return this.#scrape;
  }

  async #read(): Promise<Buffer> {
    this.#facts = await readProcessFacts();
    this.#fleet = null;
    const { clock, isPerEnvironment } = this.#options;
    const shared = await this.#registry.metrics();
    const text = Buffer.from(isPerEnvironment ? shared + (await environmentMetrics(this.#options)) : shared);
    this.#last = { text, untilMs: clock.monotonic() + REUSE_MS };
    return text;
  }
}
