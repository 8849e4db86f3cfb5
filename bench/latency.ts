import { once } from 'node:events';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { startBenchLab } from './lab/lab.js';
import { type Link, makeLink } from './lab/link.js';
import { download, upload } from './lab/transfer.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import { rawPipe } from './routes/baselines.js';
import { plugin } from './routes/fairlead.js';
import type { Route } from './routes/route.js';

const ROUNDS = 3;
const KEY_EVERY_MS = 25;
/** Longer than the flow window remembers a rate: each transfer starts with a small one. */
const REST_MS = 5_000;

const LINKS: readonly { name: string; link: Link; bytes: number }[] = [
  { name: '10 Mbit/s, 0 ms', link: makeLink(10, 0, 64), bytes: 6e6 },
  { name: '10 Mbit/s, 50 ms', link: makeLink(10, 50, 64), bytes: 6e6 },
  { name: '10 Mbit/s, 200 ms', link: makeLink(10, 200, 256), bytes: 12e6 },
  { name: '100 Mbit/s, 100 ms', link: makeLink(100, 100, 1_024), bytes: 50e6 },
  { name: '200 Mbit/s, 50 ms', link: makeLink(200, 50, 1_024), bytes: 50e6 },
];

/** How well the tunnel fills a link, and how a transfer affects a terminal's latency. */
export const latency: Benchmark = {
  title: 'share of a slow or long link that one transfer gets, and the echo of keys during it',
  async run({ rounds = ROUNDS, say }) {
    const rows: ReportRow[] = [];
    for (const { name, link, bytes } of LINKS) {
      const stops: (() => Promise<unknown>)[] = [];
      try {
        const lab = await startBenchLab(link);
        stops.push(() => lab.close());
        const pipe = await rawPipe(lab.socketPath, (stop) => stops.push(stop), link);
        for (const route of [pipe, plugin(lab)]) {
          rows.push({ name: `${name}, ${route.name}`, figures: await measure(route, link, bytes, rounds) });
          say(`latency: ${name}, ${route.name}: ${JSON.stringify(rows.at(-1)?.figures)}`);
        }
      } finally {
        for (const stop of stops.reverse()) await stop();
      }
    }
    return {
      benchmark: 'latency',
      machine: machine(),
      node: process.version,
      setup: `median of ${rounds} transfers through a relay with that rate and round trip; keys each ${KEY_EVERY_MS} ms`,
      rows,
    };
  },
};

async function measure(route: Route, link: Link, bytes: number, rounds: number) {
  const target = { host: '127.0.0.1', ...route.at, prefix: route.prefix };
  const terminal = await openTerminal(route);
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
async function openTerminal({ at, prefix }: Route): Promise<Duplex> {
  const request = http.request({
    host: '127.0.0.1',
    ...at,
    method: 'POST',
    path: `${prefix}/containers/terminal/attach?stream=1&stdin=1&stdout=1`,
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
