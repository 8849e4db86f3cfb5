import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentCreated, EnvironmentView } from '../plugin/api.js';
import { tcpTraffic } from './fleet/tcp-traffic.js';
import { callHub } from './lab/call-hub.js';
import { type ProcessCost, processCost } from './lab/process-cost.js';
import { makeSelfSigned } from './lab/self-signed.js';
import { type Benchmark, machine, quantile } from './report.js';
import { type Role, startRole } from './roles/start-role.js';

const SIZE = 1_000;
const SETTLE_MS = 10_000;
const WINDOW_MS = 60_000;
const CALLS = 2_000;
const AT_A_TIME = 32;
/** Processes that play the agents. */
const AGENT_PROCESSES = 2;
const LIMIT_MS = 180_000;
const ENVIRONMENTS = '/edge/api/environments';

/** A process with many connections to one of its ports. */
interface Server {
  readonly port: number;
  readonly pid: number;
  /** Before the connections. */
  readonly empty: ProcessCost;
  readonly openedS: number;
}

/** Cost of many open tunnels for the hub, in comparison with TLS connections that nobody uses. */
export const tunnels: Benchmark = {
  title: `${SIZE} open tunnels at one hub: memory, CPU and traffic at rest, calls, return after a kill`,
  async run({ size = SIZE, say }) {
    const rows = [
      { name: `${size} tunnels`, figures: await measureTunnels(size, say) },
      { name: `${size} idle TLS connections`, figures: await measureBaseline(size, say) },
    ];
    return {
      benchmark: 'tunnels',
      machine: machine(),
      node: process.version,
      setup: `at rest for ${WINDOW_MS / 1_000} s, ${CALLS} calls one at a time through random ones; agents in ${AGENT_PROCESSES} other processes`,
      rows,
    };
  },
};

async function measureTunnels(count: number, say: (line: string) => void): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const roles: Role[] = [];
  const start = async (name: string, input: Record<string, unknown>) => {
    const role = await startRole(name, input);
    roles.push(role);
    return role;
  };
  try {
    const socketPath = join(folder, 'engine.sock');
    await start('source', { socketPath });
    const hub = await start('hub', { dataDir: join(folder, 'hub') });
    const port = Number(hub.ready.port);
    const tunnelPort = Number(hub.ready.tunnelPort);
    const created = await createEnvironments(port, tunnelPort, count);
    const file = join(folder, 'identities.json');
    await writeFile(file, JSON.stringify(created));
    const share = Math.ceil(count / AGENT_PROCESSES);
    const agents = await Promise.all(
      Array.from({ length: AGENT_PROCESSES }, (_, index) =>
        start('many-agents', { file, first: index * share, count: share, folder, socketPath }),
      ),
    );
    const paths = created.map(({ id }) => `${ENVIRONMENTS}/${id}`);
    for (const path of paths) await untilOnline(port, path);
    say(`tunnels: ${count} agents are online`);
    await delay(SETTLE_MS);
    const empty = await processCost(hub.pid);
    const openMs = performance.now();
    await inParallel(paths, (path) => callUntilAnswered(port, path));
    const server = { port: tunnelPort, pid: hub.pid, empty, openedS: (performance.now() - openMs) / 1_000 };
    const atRest = await measureAtRest(server, count, say);
    const open = await Promise.all(agents.map((role) => role.report<{ open: number }>()));
    const samples: number[] = [];
    for (let made = 0; made < CALLS; made++) {
      const path = paths[Math.floor(Math.random() * paths.length)] ?? '';
      const startMs = performance.now();
      await callUntilAnswered(port, path);
      samples.push(performance.now() - startMs);
    }
    say('tunnels: the hub is killed');
    await hub.stop();
    await start('hub', { dataDir: join(folder, 'hub'), port, tunnelPort });
    const backMs = performance.now();
    const refusals = await inParallel(paths, (path) => callUntilAnswered(port, path));
    return {
      open: open.reduce((sum, one) => sum + one.open, 0),
      ...atRest,
      'call p50 ms': quantile(samples, 0.5),
      'call p99 ms': quantile(samples, 0.99),
      'open again s': (performance.now() - backMs) / 1_000,
      'calls refused meanwhile': refusals.reduce((sum, one) => sum + one, 0),
    };
  } finally {
    for (const role of roles.reverse()) await role.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureBaseline(count: number, say: (line: string) => void): Promise<Record<string, number>> {
  const { key, certificate } = await makeSelfSigned();
  const server = await startRole('idle-tls', { side: 'server', key, certificate });
  const port = Number(server.ready.port);
  try {
    const empty = await processCost(server.pid);
    const clients = await startRole('idle-tls', { side: 'clients', port, count, exchanges: CALLS });
    const openedS = Number(clients.ready.openedMs) / 1_000;
    try {
      const atRest = await measureAtRest({ port, pid: server.pid, empty, openedS }, count, say);
      const samples = await clients.report<number[]>();
      return {
        open: count,
        ...atRest,
        'call p50 ms': quantile(samples, 0.5),
        'call p99 ms': quantile(samples, 0.99),
      };
    } finally {
      await clients.stop();
    }
  } finally {
    await server.stop();
  }
}

async function measureAtRest(server: Server, count: number, say: (line: string) => void) {
  const { port, pid, empty, openedS } = server;
  const opened = await processCost(pid);
  say(`tunnels: ${count} are open; at rest`);
  await delay(SETTLE_MS);
  const before = { ...(await processCost(pid)), ...(await tcpTraffic(port)) };
  await delay(WINDOW_MS);
  const after = { ...(await processCost(pid)), ...(await tcpTraffic(port)) };
  const minutes = (count * WINDOW_MS) / 60_000;
  return {
    'all open s': openedS,
    'CPU ms an opening': (opened.cpuMs - empty.cpuMs) / count,
    'RSS MiB': after.residentMiB,
    'KiB each': ((after.residentMiB - empty.residentMiB) * 1_024) / count,
    'cores at rest': (after.cpuMs - before.cpuMs) / WINDOW_MS,
    'packets/min': (after.segments - before.segments) / minutes,
    'B/min': (after.payloadBytes - before.payloadBytes) / minutes,
    'B/min with heads': (after.bytes - before.bytes) / minutes,
  };
}

async function createEnvironments(port: number, tunnelPort: number, count: number) {
  const created: EnvironmentCreated[] = [];
  for (let number = 1; number <= count; number++) {
    const { body } = await callHub<EnvironmentCreated>(port, 'POST', ENVIRONMENTS, {
      name: `bench-${number}`,
      url: `http://127.0.0.1:${port}`,
      tunnelAddress: `127.0.0.1:${tunnelPort}`,
    });
    created.push(body);
  }
  return created;
}

async function untilOnline(port: number, path: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const { body } = await callHub<EnvironmentView>(port, 'GET', path);
    if (body.status === 'online') return;
    if (Date.now() > deadline) throw new Error(`an agent is not online: ${JSON.stringify(body)}`);
    await delay(50);
  }
}

/** Resolves with the number of refusals before the first answer. */
async function callUntilAnswered(port: number, path: string): Promise<number> {
  const deadline = Date.now() + LIMIT_MS;
  for (let refusals = 0; ; refusals++) {
    const { status, body } = await callHub(port, 'GET', `${path}/docker/_ping`);
    if (status === 200) return refusals;
    if (Date.now() > deadline) throw new Error(`/_ping answered ${status}: ${JSON.stringify(body)}`);
    await delay(100);
  }
}

async function inParallel<T>(items: readonly string[], run: (item: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const rest = items.values();
  const work = async () => {
    for (const item of rest) results.push(await run(item));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}
