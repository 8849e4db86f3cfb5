import { readdir } from 'node:fs/promises';
import type { Registry } from 'prom-client';
import { openFileLimit } from '../disk/open-file-limit.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import { byLabel, scrapedCounter, scrapedGauge } from './scraped.js';

/** Facts of the process that a scrape cannot read synchronously. */
export interface ProcessFacts {
  /** Null where the system does not say. */
  readonly openFiles: number | null;
}

export async function readProcessFacts(): Promise<ProcessFacts> {
  const files = await readdir('/proc/self/fd').catch(() => null);
  // One of them is that of the listing itself.
  return { openFiles: files && files.length - 1 };
}

/** The process that hosts the hub, by the names that Prometheus clients share. */
export function addProcessMetrics(
  registry: Registry,
  delay: EventLoopDelay,
  facts: () => ProcessFacts,
): void {
  scrapedGauge(registry, {
    name: 'fairlead_event_loop_delay_seconds',
    help: 'How late the event loop was since the previous scrape; absent in the first',
    labelNames: ['stat'],
    read: () => byLabel('stat', { ...delay.take() }),
  });
  scrapedGauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process',
    read: () => process.memoryUsage.rss(),
  });
  scrapedGauge(registry, {
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use',
    read: () => process.memoryUsage().heapUsed,
  });
  scrapedCounter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time of the process',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  // Once: a corrected wall clock would look like a restart.
  const startedAt = Math.round(Date.now() / 1_000 - process.uptime());
  scrapedGauge(registry, {
    name: 'process_start_time_seconds',
    help: 'Start of the process, Unix time',
    read: () => startedAt,
  });
  scrapedGauge(registry, {
    name: 'process_open_fds',
    help: 'Open file descriptors',
    read: () => {
      const { openFiles } = facts();
      return openFiles === null ? [] : openFiles;
    },
  });
  const limit = openFileLimit();
  scrapedGauge(registry, {
    name: 'process_max_fds',
    help: 'Limit of open file descriptors',
    read: () => (Number.isFinite(limit) ? limit : []),
  });
}
