import { Histogram, type Registry } from 'prom-client';
import type { ProblemCounts } from '../model/problem-counts.js';
import { byLabel, type Sample, scrapedCounter } from './scraped.js';

const DOCKER_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Calls of the API since the start, by kind. */
export interface CallMetricsSources {
  readonly opened: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, ProblemCounts>>;
}

/** Calls of every kind. @returns records the duration of a Docker call, ms */
export function addCallMetrics(
  registry: Registry,
  { opened, failed }: CallMetricsSources,
): (durationMs: number) => void {
  scrapedCounter(registry, {
    name: 'fairlead_calls_total',
    help: 'Calls by kind: of the REST API, of an engine, of a console, of an agent',
    labelNames: ['kind'],
    read: () => byLabel('kind', opened),
  });
  scrapedCounter(registry, {
    name: 'fairlead_call_failures_total',
    help: 'Calls that ended with a problem, by its code',
    labelNames: ['kind', 'code'],
    read: () =>
      Object.entries(failed).flatMap(([kind, counts]) =>
        [...counts].map(([code, count]): Sample => [{ kind, code }, count]),
      ),
  });
  const durations = new Histogram({
    name: 'fairlead_docker_call_duration_seconds',
    help: 'Docker calls from their start to the end of their answer, without upgraded connections',
    buckets: DOCKER_SECONDS,
    registers: [registry],
  });
  return (durationMs) => durations.observe(durationMs / 1_000);
}
