import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentList } from '../plugin/api.js';
import { writeEnvironments } from './lab/many-environments.js';
import { type Benchmark, machine, quantile, type ReportRow } from './report.js';
import { type Role, startRole } from './roles/start-role.js';

const ENVIRONMENTS = 15_000;
const CHECK_INS_PER_SECOND = 300;
const ROUNDS = 100;
const WARM_UP_ROUNDS = 20;
const EVENT_STREAMS = 50;

const LISTS: readonly (readonly [name: string, query: string])[] = [
  ['first page', ''],
  ['by name', 'sort=name'],
  ['by last check-in', 'sort=-lastCheckInAt'],
  ['status and tag', 'status=online&tag=customer-7'],
  ['search', 'search=depot%2077'],
  ['500 by name', 'sort=name&limit=500'],
  ['the last 100 by name', 'sort=name&offset=14900'],
  ['the last 100 by status', 'sort=status&offset=14900'],
  ['the last 100 by last check-in', 'sort=-lastCheckInAt&offset=14900'],
];

interface HubLoad {
  readonly cpuMs: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
}

/** Cost of a list for its caller, and for the agents whose check-ins share the hub's thread. */
export const list: Benchmark = {
  title: `lists of ${ENVIRONMENTS} environments, and check-ins during them`,
  async run({ rounds = ROUNDS, say }) {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
    const roles: Role[] = [];
    try {
      await writeEnvironments(folder, ENVIRONMENTS);
      const hub = await startRole('hub', { dataDir: folder });
      roles.push(hub);
      const port = Number(hub.ready.port);
      say('list: each agent checks in once');
      const input = { port, count: ENVIRONMENTS, perSecond: CHECK_INS_PER_SECOND };
      const agents = await startRole('agents', input);
      roles.push(agents);
      const rows: ReportRow[] = [];
      /** Share of a core for the check-ins and for periodic checks. */
      let aloneShare: number | undefined;
      const measure = async (name: string, run: () => Promise<number[]>) => {
        say(`list: ${name}`);
        await Promise.all([hub.report(), agents.report()]);
        const start = performance.now();
        const calls = await run();
        const ms = performance.now() - start;
        const [load, { samples }] = await Promise.all([
          hub.report<HubLoad>(),
          agents.report<{ samples: number[] }>(),
        ]);
        aloneShare ??= load.cpuMs / ms;
        rows.push({ name, figures: figuresOf(calls, samples, load, load.cpuMs - aloneShare * ms) });
      };
      const quiet = async () => {
        await delay(10_000);
        return [];
      };
      // Warm up: first runs are slow.
      for (const [, query] of LISTS) await repeat(port, query, WARM_UP_ROUNDS);
      await measure('check-ins alone', quiet);
      for (const [name, query] of LISTS) await measure(name, () => repeat(port, query, rounds));
      const streams = Array.from({ length: EVENT_STREAMS }, (_, index) => openStream(port, index));
      await measure(`${EVENT_STREAMS} event streams`, quiet);
      for (const stream of streams) stream.destroy();
      await measure('check-ins alone again', quiet);
      return {
        benchmark: 'list',
        machine: machine(),
        node: process.version,
        setup: `${ENVIRONMENTS} environments, ${CHECK_INS_PER_SECOND} check-ins/s, ${rounds} lists of each kind one after the other`,
        rows,
      };
    } finally {
      for (const role of roles.reverse()) await role.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** `extraCpuMs`: CPU time of the hub's process on top of the check-ins. */
function figuresOf(calls: number[], checkIns: number[], load: HubLoad, extraCpuMs: number) {
  return {
    'check-in p50 ms': quantile(checkIns, 0.5),
    'check-in p99 ms': quantile(checkIns, 0.99),
    'loop p99 ms': load.loopP99Ms,
    'loop max ms': load.loopMaxMs,
    ...(calls.length === 0
      ? {}
      : {
          'list p50 ms': quantile(calls, 0.5),
          'list p99 ms': quantile(calls, 0.99),
          'CPU ms a list': extraCpuMs / calls.length,
        }),
  };
}

async function repeat(port: number, query: string, rounds: number): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const { items } = await getList(port, query);
    samples.push(performance.now() - start);
    if (items.length === 0) throw new Error(`nothing in the list ${query}`);
    // A pause, as a real caller reads the page: lists do not use the whole thread.
    await delay(20);
  }
  return samples;
}

const keepAlive = new http.Agent({ keepAlive: true });

function getList(port: number, query: string): Promise<EnvironmentList> {
  return new Promise((resolve, reject) => {
    const path = `/edge/api/environments?${query}`;
    const req = http.get({ host: '127.0.0.1', port, path, agent: keepAlive }, async (res) => {
      try {
        resolve(JSON.parse(Buffer.concat(await res.toArray()).toString('utf8')));
      } catch (error) {
        reject(error);
      }
    });
    req.once('error', reject);
  });
}

/** Each with its own token, as the limit is per caller. */
function openStream(port: number, index: number): http.ClientRequest {
  const headers = { authorization: `Bearer ${index % 10}` };
  const req = http.get(
    { host: '127.0.0.1', port, path: '/edge/api/events', headers, agent: false },
    (res) => {
      res.on('error', () => undefined).resume();
    },
  );
  return req.on('error', () => undefined);
}
