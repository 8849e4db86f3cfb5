import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelView } from '../plugin/api.js';
import { type BenchLab, startBenchLab } from './lab/lab.js';
import { type Link, makeLink } from './lab/link.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import { startTlsExit } from './routes/baselines.js';

const ROUNDS = 1_000;
/** Enough that no figure depends on it. */
const RATE_MBIT = 10_000;
/** Round trips of the link. A long one has a tenth of the rounds. */
const LINKS: readonly { ms: number; link: Link | null }[] = [
  { ms: 0, link: null },
  { ms: 50, link: makeLink(RATE_MBIT, 50, 1_024) },
  { ms: 200, link: makeLink(RATE_MBIT, 200, 1_024) },
];

const KINDS = ['api', 'raw', 'open', 'wake'] as const;
type Kind = (typeof KINDS)[number];
const NAMES: Readonly<Record<Kind, string>> = {
  api: 'GET …/tunnel (no tunnel needed)',
  raw: 'TCP, TLS 1.3, one exchange',
  open: '/_ping, tunnel open',
  wake: '/_ping, environment idle',
};
type Samples = Record<Kind, number[]>;

/** Time from a call to a sleeping environment to the first byte of its answer. */
export const wake: Benchmark = {
  title:
    'idle environment to first byte of /_ping through the hub, held check-ins; round trips of 0, 50, 200 ms',
  async run({ rounds = ROUNDS, say }) {
    const rows: ReportRow[] = [];
    let loopback: Samples | null = null;
    for (const { ms, link } of LINKS) {
      const samples = await measure(ms, link, link ? Math.ceil(rounds / 10) : rounds, say);
      loopback ??= samples;
      rows.push(...rowsOf(ms, samples, loopback));
    }
    return {
      benchmark: 'wake',
      machine: machine(),
      node: process.version,
      setup: `${rounds} rounds, a tenth over a link; hub, agent and engine stand-in in separate processes`,
      rows,
    };
  },
};

async function measure(ms: number, link: Link | null, rounds: number, say: (line: string) => void) {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const lab = await startBenchLab(link);
    stops.push(() => lab.close());
    const exit = await startTlsExit(lab.socketPath, (stop) => stops.push(stop), link);
    const samples: Samples = { api: [], raw: [], open: [], wake: [] };
    for (let round = 0; round < rounds; round++) {
      await sleep(lab, ms);
      samples.wake.push(await timed(() => ping(lab)));
      samples.open.push(await timed(() => ping(lab)));
      samples.api.push(await timed(() => lab.call('GET', `${lab.environmentPath}/tunnel`)));
      samples.raw.push(await timed(() => exchange(exit.port)));
      if (round % 100 === 99) say(`wake: ${ms} ms, ${round + 1} of ${rounds}`);
    }
    return samples;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function sleep({ call, environmentPath }: BenchLab, ms: number): Promise<void> {
  await call('DELETE', `${environmentPath}/tunnel`);
  // Let the agent receive the new state and hold again; a faster call would skip a step.
  await delay(20 + 2 * ms);
  const { body } = await call<TunnelView>('GET', `${environmentPath}/tunnel`);
  if (body.state !== 'idle') throw new Error(`not idle: ${JSON.stringify(body)}`);
}

async function ping({ call, dockerPath }: BenchLab): Promise<void> {
  const { status, body } = await call('GET', `${dockerPath}/_ping`);
  if (status !== 200) throw new Error(`/_ping answered ${status}: ${JSON.stringify(body)}`);
}

/** The least that a new connection over the link can cost. */
function exchange(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path: '/_ping', agent: false };
    const req = https.get({ ...target, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, (res) => {
      res.resume().once('end', resolve);
    });
    req.once('error', reject);
  });
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function rowsOf(ms: number, samples: Samples, loopback: Samples): ReportRow[] {
  return KINDS.map((kind) => {
    const p50 = quantile(samples[kind], 0.5);
    const roundTrips = (p50 - quantile(loopback[kind], 0.5)) / ms;
    return {
      name: `${ms} ms: ${NAMES[kind]}`,
      figures: {
        'p50 ms': p50,
        'p99 ms': quantile(samples[kind], 0.99),
        'max ms': quantile(samples[kind], 1),
        '× open tunnel': p50 / quantile(samples.open, 0.5),
        ...(ms > 0 ? { 'round trips': roundTrips } : {}),
      },
    };
  });
}
