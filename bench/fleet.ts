import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tcpTraffic } from './fleet/tcp-traffic.js';
import { endProcess, startBundledHub } from './lab/bundled-hub.js';
import { writeEnvironments } from './lab/many-environments.js';
import { processCost } from './lab/process-cost.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import { type Role, startRole } from './roles/start-role.js';

const SIZES = [1_000, 5_000, 15_000];
const INTERVAL_S = 5;
const HOLD_S = 50;
const SETTLE_MS = 5_000;
const WINDOW_MS = 30_000;
/** Whole holds. */
const HELD_WINDOW_MS = 2 * HOLD_S * 1_000;
/** Processes that play the agents. */
const GENERATORS = 2;

interface Server {
  readonly port: number;
  readonly pid: number;
}

interface Load {
  readonly name: string;
  readonly count: number;
  readonly waitSeconds: number;
}

/** Cost of a large fleet for the hub, in comparison with the least that a Node server can do. */
export const fleet: Benchmark = {
  title: `a fleet of ${SIZES.join(', ')} agents over TLS: CPU, memory, response times, bytes`,
  async run({ size, say }) {
    const rows: ReportRow[] = [];
    for (const count of size === undefined ? SIZES : [size]) {
      const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
      try {
        await writeEnvironments(join(folder, 'plugins/fairlead'), count, INTERVAL_S);
        for (const [kind, waitSeconds] of [
          ['plain', 0],
          ['held', HOLD_S],
        ] as const) {
          const load = (server: string): Load => ({
            count,
            waitSeconds,
            name: `${count} ${kind}, ${server}`,
          });
          rows.push(await withHub(folder, (server) => measure(server, load('hub'), say)));
          // Later, as it uses the certificate that the hub has made.
          const bare = load('bare server');
          rows.push(await withBare(folder, count, (server) => measure(server, bare, say)));
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return {
      benchmark: 'fleet',
      machine: machine(),
      node: process.version,
      setup: `plain check-ins every ${INTERVAL_S} s, held ones for ${HOLD_S} s; windows of ${WINDOW_MS / 1e3} and ${HELD_WINDOW_MS / 1e3} s`,
      rows,
    };
  },
};

async function withHub<T>(folder: string, use: (server: Server) => Promise<T>): Promise<T> {
  let child: ChildProcess | undefined;
  try {
    const { port } = await startBundledHub(folder, (spawned) => {
      child = spawned;
    });
    return await use({ port, pid: child?.pid ?? 0 });
  } finally {
    if (child) await endProcess(child);
  }
}

async function withBare<T>(folder: string, count: number, use: (server: Server) => Promise<T>): Promise<T> {
  const role = await startRole('bare-https', { folder: join(folder, 'host'), count });
  try {
    return await use({ port: Number(role.ready.port), pid: role.pid });
  } finally {
    await role.stop();
  }
}

async function measure(
  { port, pid }: Server,
  { name, count, waitSeconds }: Load,
  say: (line: string) => void,
): Promise<ReportRow> {
  const generators: Role[] = [];
  const share = Math.ceil(count / GENERATORS);
  try {
    say(`fleet: ${name}: agents arrive`);
    await delay(SETTLE_MS);
    const empty = await processCost(pid);
    const startMs = performance.now();
    generators.push(
      ...(await Promise.all(
        Array.from({ length: GENERATORS }, (_, index) =>
          startRole('fleet', {
            port,
            first: 1 + index * share,
            count: Math.min(share, count - index * share),
            intervalMs: INTERVAL_S * 1_000,
            waitSeconds,
          }),
        ),
      )),
    );
    const arrivalS = (performance.now() - startMs) / 1_000;
    const arrived = await processCost(pid);
    await reportsOf(generators);
    say(`fleet: ${name}: measuring`);
    await delay(SETTLE_MS);
    const before = { ...(await processCost(pid)), ...(await tcpTraffic(port)), ms: performance.now() };
    await reportsOf(generators);
    await delay(waitSeconds === 0 ? WINDOW_MS : HELD_WINDOW_MS);
    const samples = await reportsOf(generators);
    const after = { ...(await processCost(pid)), ...(await tcpTraffic(port)), ms: performance.now() };
    const wanted = (count * (after.ms - before.ms)) / 1_000 / (waitSeconds || INTERVAL_S);
    if (samples.length < 0.9 * wanted)
      throw new Error(`${samples.length} check-ins were answered in time, of ${wanted.toFixed(0)}`);
    const minutes = (count * (after.ms - before.ms)) / 60_000;
    return {
      name,
      figures: {
        'arrival s': arrivalS,
        'CPU ms an arrival': (arrived.cpuMs - empty.cpuMs) / count,
        'check-ins/s': (samples.length * 1_000) / (after.ms - before.ms),
        'CPU ms a check-in': (after.cpuMs - before.cpuMs) / samples.length,
        cores: (after.cpuMs - before.cpuMs) / (after.ms - before.ms),
        'p50 ms': quantile(samples, 0.5),
        'p99 ms': quantile(samples, 0.99),
        'RSS MiB': after.residentMiB,
        'KiB an agent': ((after.residentMiB - empty.residentMiB) * 1_024) / count,
        'B/min': (after.payloadBytes - before.payloadBytes) / minutes,
        'B/min with heads': (after.bytes - before.bytes) / minutes,
      },
    };
  } finally {
    for (const one of generators) await one.stop();
  }
}

/**
 * The response times since the last call, ms.
 * @throws if any agent failed meanwhile: what is left of the fleet is no measurement of all of it
 */
async function reportsOf(generators: readonly Role[]): Promise<number[]> {
  const reports = await Promise.all(
    generators.map((one) => one.report<{ samples: number[]; failures: string[] }>()),
  );
  const failures = reports.flatMap((report) => report.failures);
  if (failures.length > 0) throw new Error(`${failures.length} agents failed: ${failures[0]}`);
  return reports.flatMap((report) => report.samples);
}
