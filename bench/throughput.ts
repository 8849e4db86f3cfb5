import { startBenchLab } from './lab/lab.js';
import { processCost } from './lab/process-cost.js';
import { download, upload } from './lab/transfer.js';
import { type Benchmark, machine, quantile } from './report.js';
import { RAW_PIPE, startBaselines } from './routes/baselines.js';
import { plugin } from './routes/fairlead.js';
import type { Route } from './routes/route.js';

const ROUNDS = 5;
const GIB = 1024 ** 3;
const TRANSFERS = [1, 8].flatMap((streams) =>
  [
    { way: 'down', transfer: download },
    { way: 'up', transfer: upload },
  ].map(({ way, transfer }) => ({ name: `${way} × ${streams}:`, streams, transfer })),
);
type Transfer = (typeof TRANSFERS)[number];

interface Sample {
  readonly megabytesPerSecond: number;
  /** Of the processes between client and engine. */
  readonly cpuSecondsPerGib: number;
}

/** Bytes a second through the tunnel and what they cost, compared with the same hops without it. */
export const throughput: Benchmark = {
  title:
    'MB/s and CPU time of one stream and of eight, both directions: tunnel, raw TLS pipe, ssh, chisel, frp',
  async run({ rounds = ROUNDS, say }) {
    const stops: (() => Promise<unknown>)[] = [];
    const defer = (stop: () => Promise<unknown>) => stops.push(stop);
    try {
      const lab = await startBenchLab();
      defer(() => lab.close());
      const routes = [...(await startBaselines(lab, defer)), plugin(lab)];
      const samples = new Map<string, Sample[]>();
      // Interleaved, so that other load on the machine affects all equally.
      for (let round = 0; round < rounds; round++) {
        for (const transfer of TRANSFERS) {
          for (const route of routes) {
            const key = `${route.name} ${transfer.name}`;
            const sample = await measure(route, transfer);
            samples.set(key, [...(samples.get(key) ?? []), sample]);
            say(
              `throughput: round ${round + 1}, ${key} ${sample.megabytesPerSecond.toFixed(0)} MB/s, ` +
                `${sample.cpuSecondsPerGib.toFixed(1)} s/GiB`,
            );
          }
        }
      }
      return {
        benchmark: 'throughput',
        machine: machine(),
        node: process.version,
        setup: `1 GiB each, median of ${rounds}; each part in a separate process on loopback; CPU s for each GiB`,
        rows: routes.map((route) => ({ name: route.name, figures: figuresOf(route, samples) })),
      };
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  },
};

/** Before each measurement, so that the tunnel's bulk connections are open: the first calls use streams. */
const WARM_UPS = 3;
const WARM_UP_BYTES = 4 * 1024 ** 2;

async function measure({ at, prefix, pids }: Route, { transfer, streams }: Transfer): Promise<Sample> {
  const target = { host: '127.0.0.1', ...at, prefix };
  const each = Math.floor(GIB / streams);
  for (let i = 0; i < WARM_UPS; i++) {
    await Promise.all(Array.from({ length: streams }, () => transfer(target, WARM_UP_BYTES)));
  }
  const cpuBefore = await cpuMs(pids);
  const start = performance.now();
  const moved = await Promise.all(Array.from({ length: streams }, () => transfer(target, each)));
  const tookMs = performance.now() - start;
  const total = moved.reduce((sum, bytes) => sum + bytes, 0);
  if (total !== each * streams) throw new Error(`moved ${total} of ${each * streams} bytes`);
  return {
    megabytesPerSecond: total / 1e3 / tookMs,
    cpuSecondsPerGib: ((await cpuMs(pids)) - cpuBefore) / 1e3 / (total / GIB),
  };
}

async function cpuMs(pids: readonly number[]): Promise<number> {
  const costs = await Promise.all(pids.map((pid) => processCost(pid)));
  return costs.reduce((sum, cost) => sum + cost.cpuMs, 0);
}

function figuresOf({ name }: Route, samples: ReadonlyMap<string, readonly Sample[]>) {
  const figures: Record<string, number> = {};
  for (const transfer of TRANSFERS) {
    const median = (route: string, figure: keyof Sample) =>
      quantile(
        (samples.get(`${route} ${transfer.name}`) ?? []).map((sample) => sample[figure]),
        0.5,
      );
    const rate = median(name, 'megabytesPerSecond');
    figures[`${transfer.name} MB/s`] = rate;
    figures[`${transfer.name} ÷ pipe`] = rate / median(RAW_PIPE, 'megabytesPerSecond');
    figures[`${transfer.name} CPU s`] = median(name, 'cpuSecondsPerGib');
  }
  return figures;
}
