import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { buildAgent } from '../../tools/build/agent.js';
import { type Role, startRole } from '../roles/start-role.js';
import { callHub } from './call-hub.js';
import { type Link, startRelay } from './link.js';

/** Hub, agent and a stand-in engine, each in its own process, with one environment online. */
export interface BenchLab {
  /** Port of the hub's plain HTTP server. */
  readonly port: number;
  /** Path of the environment's Docker API. */
  readonly dockerPath: string;
  readonly environmentPath: string;
  /** The engine's. */
  readonly socketPath: string;
  /** The stand-in's TCP port; null with an engine of the caller's. */
  readonly enginePort: number | null;
  readonly hubPid: number;
  readonly agentPid: number;
  readonly folder: string;
  call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  close(): Promise<void>;
}

const ONLINE_MS = 30_000;

/**
 * Starts everything; `close` stops it, also after a failed start.
 * @param link between agent and hub; null for loopback itself
 * @param engine socket of an engine to use; null: the stand-in
 */
export async function startBenchLab(
  link: Link | null = null,
  engine: string | null = null,
): Promise<BenchLab> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const roles: Role[] = [];
  let agent: ChildProcess | null = null;
  const close = async () => {
    agent?.kill('SIGKILL');
    for (const role of roles.reverse()) await role.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const agentBundle = join(folder, 'agent.mjs');
    await buildAgent(agentBundle);
    const socketPath = engine ?? join(folder, 'engine.sock');
    const source = engine === null ? await startRole('source', { socketPath }) : null;
    if (source) roles.push(source);
    const hub = await startRole('hub', { dataDir: join(folder, 'hub') });
    roles.push(hub);
    const port = Number(hub.ready.port);
    const call = <T>(method: string, path: string, body?: unknown) => callHub<T>(port, method, path, body);
    let ports = [port, Number(hub.ready.tunnelPort)];
    if (link) {
      const relay = await startRelay(link, ports);
      roles.push(relay.role);
      ports = relay.ports;
    }
    const { body: created } = await call<EnvironmentCreated>('POST', '/edge/api/environments', {
      name: 'bench',
      url: `http://127.0.0.1:${ports[0]}`,
      tunnelAddress: `127.0.0.1:${ports[1]}`,
    });
    agent = spawn(process.execPath, [agentBundle], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        EDGE_ID: created.edgeId ?? '',
        EDGE_KEY: created.edgeKey,
        DATA_DIR: join(folder, 'agent'),
        DOCKER_HOST: `unix://${socketPath}`,
        LOG_LEVEL: 'error',
      },
    });
    const environmentPath = `/edge/api/environments/${created.id}`;
    const deadline = Date.now() + ONLINE_MS;
    for (;;) {
      const { body } = await call<EnvironmentView>('GET', environmentPath);
      if (body.status === 'online') break;
      if (Date.now() > deadline) throw new Error(`the agent is not online: ${JSON.stringify(body)}`);
      await delay(50);
    }
    return {
      port,
      dockerPath: `${environmentPath}/docker`,
      environmentPath,
      socketPath,
      enginePort: source === null ? null : Number(source.ready.port),
      hubPid: hub.pid,
      agentPid: agent.pid ?? 0,
      folder,
      call,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
