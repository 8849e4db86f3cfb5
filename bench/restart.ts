import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BundledHub, endProcess, startBundledHub } from './lab/bundled-hub.js';
import { writeEnvironments } from './lab/many-environments.js';
import { processCost } from './lab/process-cost.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import { type Role, startRole } from './roles/start-role.js';

const SIZE = 15_000;
const INTERVAL_S = 5;
const HOLD_S = 50;
const SETTLE_MS = 5_000;
const POLL_MS = 250;
/** After that the agents that are missing count as failures. */
const LIMIT_MS = 180_000;
/** Processes that play the agents. */
const GENERATORS = 2;

interface Return {
  readonly connected: number;
  readonly lastReturnMs: number;
  readonly samples: number[];
  readonly returns: number[];
  readonly failures: { reason: string; dialledMs: number }[];
}

type Say = (line: string) => void;

/** The return of a fleet to a hub that was killed and starts again on the same ports and data folder. */
export const restart: Benchmark = {
  title: `a hub with ${SIZE} agents is killed and starts again: time until all are back, failures, response times`,
  async run({ size = SIZE, say }) {
    const rows: ReportRow[] = [];
    for (const [name, waitSeconds] of [
      ['held', HOLD_S],
      ['plain', 0],
    ] as const) {
      rows.push(await measure(`${size} ${name}`, size, waitSeconds, say));
    }
    return {
      benchmark: 'restart',
      machine: machine(),
      node: process.version,
      setup: `plain check-ins every ${INTERVAL_S} s, held ones for ${HOLD_S} s; seconds count from the moment the port is open`,
      rows,
    };
  },
};

async function measure(name: string, count: number, waitSeconds: number, say: Say): Promise<ReportRow> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const hubs: ChildProcess[] = [];
  const generators: Role[] = [];
  const probes: Role[] = [];
  const start = (env = {}) => startBundledHub(folder, (child) => hubs.push(child), env);
  try {
    await writeEnvironments(join(folder, 'plugins/fairlead'), count + 1, INTERVAL_S);
    const before = await start();
    say(`restart: ${name}: agents arrive`);
    generators.push(...(await startGenerators(before.port, count, waitSeconds)));
    await delay(SETTLE_MS);
    say(`restart: ${name}: killed`);
    const killedMs = Date.now();
    for (const hub of hubs) await endProcess(hub);
    const signedIn = signIn(
      start({ FAIRLEAD_PORT: `${before.port}`, FAIRLEAD_TUNNEL_PORT: `${before.tunnelPort}` }),
    );
    await untilOpen(before.port);
    const openMs = Date.now();
    const pid = hubs[1]?.pid ?? 0;
    const opened = await processCost(pid);
    await reports(generators);
    const probe = await startRole('probe', { port: before.port, environmentId: count + 1 });
    probes.push(probe);
    const back = await untilBack(generators, count, openMs, say);
    const probed = await probe.report<{ samples: number[]; failures: string[] }>();
    if (probed.failures.length > 0) throw new Error(`the probe failed: ${probed.failures[0]}`);
    const after = await processCost(pid);
    const signInMs = await signedIn;
    return {
      name,
      figures: {
        'outage s': (openMs - killedMs) / 1_000,
        'all back s': back.missing > 0 ? Number.NaN : (back.lastReturnMs - openMs) / 1_000,
        missing: back.missing,
        failures: back.failures.length,
        'probe p50 ms': quantile(probed.samples, 0.5),
        'probe p99 ms': quantile(probed.samples, 0.99),
        'probe max ms': quantile(probed.samples, 1),
        'check-in p50 ms': quantile(back.samples, 0.5),
        'check-in p99 ms': quantile(back.samples, 0.99),
        'with dialling p50 ms': quantile(back.returns, 0.5),
        'with dialling p99 ms': quantile(back.returns, 0.99),
        'CPU ms an arrival': (after.cpuMs - opened.cpuMs) / count,
        'RSS MiB': after.residentMiB,
        'operator signed in s': (signInMs - openMs) / 1_000,
      },
    };
  } finally {
    for (const one of [...generators, ...probes]) await one.stop();
    for (const hub of hubs) await endProcess(hub);
    await rm(folder, { recursive: true, force: true });
  }
}

function startGenerators(port: number, count: number, waitSeconds: number): Promise<Role[]> {
  const share = Math.ceil(count / GENERATORS);
  return Promise.all(
    Array.from({ length: GENERATORS }, (_, index) => {
      const first = 1 + index * share;
      const own = Math.min(share, count - index * share);
      return startRole('returning-fleet', {
        port,
        first,
        count: own,
        intervalMs: INTERVAL_S * 1_000,
        waitSeconds,
      });
    }),
  );
}

/** When the operator's sign-in was answered; NaN if it failed. */
function signIn(started: Promise<BundledHub>): Promise<number> {
  return started.then(
    () => Date.now(),
    () => Number.NaN,
  );
}

async function untilOpen(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(10);
  }
}

async function reports(generators: readonly Role[]): Promise<Return> {
  const all = await Promise.all(generators.map((one) => one.report<Return>()));
  return {
    connected: all.reduce((sum, one) => sum + one.connected, 0),
    lastReturnMs: Math.max(...all.map((one) => one.lastReturnMs)),
    samples: all.flatMap((one) => one.samples),
    returns: all.flatMap((one) => one.returns),
    failures: all.flatMap((one) => one.failures),
  };
}

/** Collects the reports until all agents are connected. */
async function untilBack(generators: readonly Role[], count: number, openMs: number, say: Say) {
  const samples: number[] = [];
  const returns: number[] = [];
  const failures: string[] = [];
  for (let polls = 1; ; polls++) {
    await delay(POLL_MS);
    const report = await reports(generators);
    for (const one of report.samples) samples.push(one);
    for (const one of report.returns) returns.push(one);
    for (const { reason, dialledMs } of report.failures) {
      // What was dialled before the port was open had to fail.
      if (dialledMs >= openMs) failures.push(reason);
    }
    const missing = count - report.connected;
    const isOver = missing <= 0 || Date.now() - openMs > LIMIT_MS;
    if (isOver || polls % 20 === 0) {
      say(`restart: ${((Date.now() - openMs) / 1_000).toFixed(0)} s: ${missing} missing, ${tally(failures)}`);
    }
    if (isOver) return { samples, returns, failures, missing, lastReturnMs: report.lastReturnMs };
  }
}

function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of reasons) counts.set(one, (counts.get(one) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} × ${reason}`);
  return parts.length > 0 ? parts.join(', ') : 'no failures';
}
