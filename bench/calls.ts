import { startBenchLab } from './lab/lab.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import type { CallerResult } from './roles/caller.js';
import { startRole } from './roles/start-role.js';
import { DIRECT, RAW_PIPE, startBaselines } from './routes/baselines.js';
import { bundledHost, plugin } from './routes/fairlead.js';
import type { Route } from './routes/route.js';

const ROUNDS = 3;
const AT_A_TIME = [1, 16];
const WARM_UP_MS = 1_000;
const MEASURED_MS = 3_000;

/** The price of a small Docker call through an open tunnel. */
export const calls: Benchmark = {
  title: 'calls/s, response time and CPU time of /_ping through an open tunnel, 1 and 16 at a time',
  async run({ rounds = ROUNDS, engine, say }) {
    const stops: (() => Promise<unknown>)[] = [];
    const defer = (stop: () => Promise<unknown>) => stops.push(stop);
    try {
      const lab = await startBenchLab(null, engine);
      defer(() => lab.close());
      const routes = [
        ...(await startBaselines(lab, defer)),
        plugin(lab),
        ...(await bundledHost(lab.socketPath, lab.folder, defer)),
      ];
      const samples = new Map<string, CallerResult[]>();
      // Interleaved, so that other load on the machine affects all equally.
      for (let round = 0; round < rounds; round++) {
        for (const connections of AT_A_TIME) {
          for (const route of routes) {
            const key = `${route.name} ${connections}`;
            const result = await measure(route, connections);
            samples.set(key, [...(samples.get(key) ?? []), result]);
            say(`calls: ${key} at a time: ${Math.round(result.callsPerSecond)}/s`);
          }
        }
      }
      return {
        benchmark: 'calls',
        machine: machine(),
        node: process.version,
        setup: `median of ${rounds} × ${MEASURED_MS / 1_000} s each; each part in a separate process on loopback`,
        rows: routes.map(({ name }) => rowOf(name, samples)),
      };
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  },
};

async function measure(route: Route, connections: number): Promise<CallerResult> {
  const { at, pids } = route;
  const request = pingRequest(route);
  const work = { at, request, pids, connections, warmUpMs: WARM_UP_MS, ms: MEASURED_MS };
  const caller = await startRole('caller', work);
  await caller.stop();
  return caller.ready as unknown as CallerResult;
}

/** As the caller sends it. */
function pingRequest({ prefix, authorization }: Route): string {
  const credentials = authorization === null ? [] : [`Authorization: ${authorization}`];
  return [`GET ${prefix}/_ping HTTP/1.1`, 'Host: localhost', ...credentials, '', ''].join('\r\n');
}

function rowOf(name: string, samples: ReadonlyMap<string, readonly CallerResult[]>): ReportRow {
  const figures: Record<string, number> = {};
  for (const connections of AT_A_TIME) {
    const median = (route: string, figure: keyof CallerResult) => {
      const results = samples.get(`${route} ${connections}`) ?? [];
      return quantile(
        results.map((result) => result[figure]),
        0.5,
      );
    };
    const at = `× ${connections}:`;
    figures[`${at} calls/s`] = median(name, 'callsPerSecond');
    figures[`${at} ÷ pipe`] = median(name, 'callsPerSecond') / median(RAW_PIPE, 'callsPerSecond');
    figures[`${at} p50 ms`] = median(name, 'p50Ms');
    figures[`${at} added`] = median(name, 'p50Ms') - median(DIRECT, 'p50Ms');
    figures[`${at} p99 ms`] = median(name, 'p99Ms');
    figures[`${at} CPU ms`] = median(name, 'cpuMsPerCall');
  }
  return { name, figures };
}
