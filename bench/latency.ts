import { once } from 'node:events';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchLab, type Link, startBenchLab } from './lab/lab.js';
import { download, upload } from './lab/transfer.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';

const ROUNDS = 3;
const KEY_EVERY_MS = 25;
/** Longer than the flow window remembers a rate: each transfer starts with a small one. */
const REST_MS = 5_000;

const LINKS: readonly { name: string; link: Link; bytes: number }[] = [
  { name: '10 Mbit/s, 20 ms', link: makeLink(10, 20, 64), bytes: 12e6 },
  { name: '10 Mbit/s, 100 ms', link: makeLink(10, 100, 128), bytes: 12e6 },
  { name: '100 Mbit/s, 100 ms', link: makeLink(100, 100, 1_024), bytes: 50e6 },
  { name: '200 Mbit/s, 50 ms', link: makeLink(200, 50, 1_024), bytes: 50e6 },
];

/** How well the tunnel fills a link, and how a transfer affects a terminal's latency. */
export const latency: Benchmark = {
  title: 'share of a slow or long link that one transfer gets, and the echo of keys during it',
  async run({ rounds = ROUNDS, say }) {
    const rows: ReportRow[] = [];
    for (const { name, link, bytes } of LINKS) {
      const lab = await startBenchLab(link);
      try {
        rows.push({ name, figures: await measure(lab, link, bytes, rounds) });
        say(`latency: ${name}: ${JSON.stringify(rows.at(-1)?.figures)}`);
      } finally {
        await lab.close();
      }
    }
    return {
      benchmark: 'latency',
      machine: machine(),
      node: process.version,
      setup: `median of ${rounds} transfers of 12 or 50 MB through a relay with that rate and round trip; keys each ${KEY_EVERY_MS} ms`,
      rows,
    };
  },
};

function makeLink(mbitPerSecond: number, rttMs: number, queueKib: number): Link {
  return { delayMs: rttMs / 2, bytesPerMs: (mbitPerSecond * 1e3) / 8, queueBytes: queueKib * 1024 };
}

async function measure(lab: BenchLab, link: Link, bytes: number, rounds: number) {
  const target = { host: '127.0.0.1', port: lab.port, prefix: lab.dockerPath };
  const terminal = await openTerminal(lab);
  const echo: Record<'idle' | 'down' | 'up', number[]> = { idle: [], down: [], up: [] };
  const share: Record<'down' | 'up', number[]> = { down: [], up: [] };
  await typeDuring(terminal, echo.idle, delay(2_000));
  for (let round = 0; round < rounds; round++) {
    for (const [way, transfer] of [
      ['down', download],
      ['up', upload],
    ] as const) {
      await delay(REST_MS);
      const start = performance.now();
      let tookMs = 0;
      const moved = transfer(target, bytes).finally(() => {
        tookMs = performance.now() - start;
      });
      await typeDuring(terminal, echo[way], moved);
      share[way].push(bytes / tookMs / link.bytesPerMs);
    }
  }
  terminal.destroy();
  return {
    'down, % of link': 100 * quantile(share.down, 0.5),
    'up, % of link': 100 * quantile(share.up, 0.5),
    'echo p50 ms': quantile(echo.idle, 0.5),
    'during down p50': quantile(echo.down, 0.5),
    'during down p99': quantile(echo.down, 0.99),
    'during up p50': quantile(echo.up, 0.5),
    'during up p99': quantile(echo.up, 0.99),
  };
}

/** A terminal as with `docker exec -it`: an upgraded connection. */
async function openTerminal(lab: BenchLab): Promise<Duplex> {
  const request = http.request({
    host: '127.0.0.1',
    port: lab.port,
    method: 'POST',
    path: `${lab.dockerPath}/containers/terminal/attach?stream=1&stdin=1&stdout=1`,
    headers: { connection: 'Upgrade', upgrade: 'tcp' },
    agent: false,
  });
  request.end();
  const [, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, Duplex];
  return socket;
}

/** Types until `over`; the last echo may arrive later. */
async function typeDuring(terminal: Duplex, samples: number[], over: Promise<unknown>): Promise<void> {
  const typed: number[] = [];
  const onEcho = (chunk: Buffer) => {
    for (let i = 0; i < chunk.length; i++) samples.push(performance.now() - (typed.shift() ?? Number.NaN));
  };
  terminal.on('data', onEcho);
  const typing = setInterval(() => {
    typed.push(performance.now());
    terminal.write('x');
  }, KEY_EVERY_MS);
  try {
    await over;
  } finally {
    clearInterval(typing);
  }
  while (typed.length > 0) await once(terminal, 'data');
  terminal.off('data', onEcho);
}
