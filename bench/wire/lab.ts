import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeSettings, EnvironmentCreated } from '../../plugin/api.js';
import { encodeEdgeKey, parseEdgeKey } from '../../protocol/crypto/edge-key.js';
import { buildAgent } from '../../tools/build/agent.js';
import type { HubClient } from '../../tools/demo/hub-client.js';
import { endProcess, startBundledHub } from '../lab/bundled-hub.js';
import { type ProcessCost, processCost } from '../lab/process-cost.js';
import { type Role, startRole } from '../roles/start-role.js';
import type { WireCount } from './count.js';

/** Role of an agent's engine. */
export type EngineRole = 'standalone' | 'manager' | 'worker';

/** The agents. In a Swarm the first manager leads: among equals, the first to enrol. */
const AGENTS = {
  standalone: 'standalone',
  leader: 'manager',
  'standby-manager': 'manager',
  'standby-worker': 'worker',
} as const satisfies Record<string, EngineRole>;

export type AgentName = keyof typeof AGENTS;
export const AGENT_NAMES = Object.keys(AGENTS) as readonly AgentName[];

/** All counts of one agent, since its start. */
export interface AgentReading extends ProcessCost {
  readonly api: WireCount;
  readonly tunnel: WireCount;
}

/** All agents at one time. */
export interface Readings {
  readonly atMs: number;
  readonly agents: Readonly<Record<AgentName, AgentReading>>;
}

/** The bundled host, agents from their bundle, stand-in engines; each agent reaches the hub through its own relays. */
export interface WireLab {
  readonly hub: HubClient;
  /** Path of an environment; that of the Swarm is the one of three agents. */
  readonly paths: Readonly<Record<'standalone' | 'swarm', string>>;
  /** A relay to the API port that no agent uses. */
  readonly probePort: number;
  read(): Promise<Readings>;
  readProbe(): Promise<WireCount>;
  close(): Promise<void>;
}

const READY_MS = 60_000;
const PROBE = 'probe';

/** Starts everything with these settings; ready when each agent has checked in. `close` stops it, also after a failed start. */
export async function startWireLab(settings: ChangeSettings): Promise<WireLab> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  const role = async (name: string, input: Record<string, unknown>): Promise<Role> => {
    const started = await startRole(name, input);
    closers.push(() => started.stop());
    return started;
  };
  try {
    const bundle = join(folder, 'agent.mjs');
    await buildAgent(bundle);
    const sockets = Object.fromEntries(
      AGENT_NAMES.map((name) => [name, { path: join(folder, `${name}.sock`), role: AGENTS[name] }]),
    );
    await role('swarm-engine', { sockets });
    const { client, port, tunnelPort } = await startBundledHub(join(folder, 'hub'), (hub) => {
      closers.push(() => endProcess(hub));
    });
    await client.call('PATCH', '/edge/api/settings', settings);
    const ways = AGENT_NAMES.flatMap((name) => [
      [api(name), port] as const,
      [tunnel(name), tunnelPort] as const,
    ]);
    const counter = await role('counter', { targets: { ...Object.fromEntries(ways), [PROBE]: port } });
    const created = {
      standalone: await client.call<EnvironmentCreated>('POST', '/edge/api/environments', {
        name: 'standalone',
      }),
      swarm: await client.call<EnvironmentCreated>('POST', '/edge/api/environments', { name: 'swarm' }),
    };
    const pids: Partial<Record<AgentName, number>> = {};
    const counts = () => counter.report<Record<string, WireCount>>();
    // In sequence: the order of enrolment decides the leader, and a worker does not know its Swarm's id.
    for (const name of AGENT_NAMES) {
      const environment = created[AGENTS[name] === 'standalone' ? 'standalone' : 'swarm'];
      const agent = spawn(process.execPath, [bundle], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          PATH: process.env.PATH,
          EDGE_ID: environment.edgeId ?? '',
          EDGE_KEY: through(environment.edgeKey, counter.ready[api(name)], counter.ready[tunnel(name)]),
          EDGE_INSECURE_POLL: '1',
          DATA_DIR: join(folder, name),
          DOCKER_HOST: `unix://${sockets[name]?.path}`,
          LOG_LEVEL: 'warn',
        },
      });
      closers.push(() => endProcess(agent));
      pids[name] = agent.pid ?? 0;
      await until(`${name} has enrolled`, async () => ((await counts())[api(name)]?.turns ?? 0) > 4);
    }
    const read = async () => {
      const all = await counts();
      const readings = AGENT_NAMES.map(async (name) => {
        const cost = await processCost(pids[name] ?? 0);
        return [name, { ...cost, api: all[api(name)], tunnel: all[tunnel(name)] }] as const;
      });
      const agents = Object.fromEntries(await Promise.all(readings)) as Readings['agents'];
      return { atMs: performance.now(), agents };
    };
    return {
      hub: client,
      paths: {
        standalone: `/edge/api/environments/${created.standalone.id}`,
        swarm: `/edge/api/environments/${created.swarm.id}`,
      },
      probePort: Number(counter.ready[PROBE]),
      read,
      readProbe: async () => (await counts())[PROBE] as WireCount,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const api = (name: AgentName) => `${name} api`;
const tunnel = (name: AgentName) => `${name} tunnel`;

/** The same Edge key with other ports. */
function through(edgeKey: string, apiPort: unknown, tunnelPort: unknown): string {
  const key = parseEdgeKey(edgeKey);
  const { pathname } = new URL(key.apiUrl);
  return encodeEdgeKey({
    ...key,
    apiUrl: `https://127.0.0.1:${apiPort}${pathname}`,
    tunnelAddress: `127.0.0.1:${tunnelPort}`,
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${READY_MS} ms: ${what}`);
    await delay(100);
  }
}
