import { ssh } from './calls/ssh.js';
import { bundledHost, type CallTarget, direct, plugin, tlsPipe } from './calls/targets.js';
import { startBenchLab } from './lab/lab.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import type { CallerResult } from './roles/caller.js';
import { startRole } from './roles/start-role.js';

const ROUNDS = 3;
const AT_A_TIME = [1, 16];
const WARM_UP_MS = 1_000;
const MEASURED_MS = 3_000;
const BASELINE = 'raw TLS pipe';

/** The price of a small Docker call through an open tunnel. */
export const calls: Benchmark = {
  title: 'calls/s, response time and CPU time of /_ping through an open tunnel, 1 and 16 at a time',
  async run({ rounds = ROUNDS, engine, say }) {
    const stops: (() => Promise<unknown>)[] = [];
    const defer = (stop: () => Promise<unknown>) => stops.push(stop);
    try {
      const lab = await startBenchLab(null, engine);
      defer(() => lab.close());
      const { socketPath } = lab;
      const targets = [
        direct(socketPath),
        await tlsPipe(socketPath, defer),
        await ssh(socketPath, lab.folder, defer),
        plugin(lab),
        await bundledHost(socketPath, lab.folder, defer),
      ].filter((target) => target !== null);
      const samples = new Map<string, CallerResult[]>();
      // Interleaved, so that other load on the machine affects all equally.
      for (let round = 0; round < rounds; round++) {
        for (const connections of AT_A_TIME) {
          for (const target of targets) {
            const key = `${target.name} ${connections}`;
            const result = await measure(target, connections);
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
        rows: targets.map(({ name }) => rowOf(name, samples)),
      };
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  },
};

async function measure({ at, request, pids }: CallTarget, connections: number): Promise<CallerResult> {
  const work = { at, request, pids, connections, warmUpMs: WARM_UP_MS, ms: MEASURED_MS };
  const caller = await startRole('caller', work);
  await caller.stop();
  return caller.ready as unknown as CallerResult;
}

function rowOf(name: string, samples: ReadonlyMap<string, readonly CallerResult[]>): ReportRow {
  const figures: Record<string, number> = {};
  for (const connections of AT_A_TIME) {
    const median = (target: string, figure: keyof CallerResult) => {
      const results = samples.get(`${target} ${connections}`) ?? [];
      return quantile(
        results.map((result) => result[figure]),
        0.5,
      );
    };
    const at = `× ${connections}:`;
    figures[`${at} calls/s`] = median(name, 'callsPerSecond');
    figures[`${at} ÷ pipe`] = median(name, 'callsPerSecond') / median(BASELINE, 'callsPerSecond');
    figures[`${at} p50 ms`] = median(name, 'p50Ms');
    figures[`${at} added`] = median(name, 'p50Ms') - median('direct', 'p50Ms');
    figures[`${at} p99 ms`] = median(name, 'p99Ms');
    figures[`${at} CPU ms`] = median(name, 'cpuMsPerCall');
  }
  return { name, figures };
}
