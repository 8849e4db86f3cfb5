import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { buildAgent } from '../../tools/build/agent.js';
import type { HubClient } from '../../tools/demo/hub-client.js';
import { LabEngine } from '../../tools/lab/engine.js';
import { AGENT_IMAGE, buildAgentImage } from '../../tools/lab/images/agent-image.js';
import { BASE_IMAGE, makeBaseImage } from '../../tools/lab/images/base-image.js';
import { runCommand } from '../../tools/lab/run-command.js';
import { endProcess, startBundledHub } from '../lab/bundled-hub.js';
import type { ReadProc } from '../lab/process-cost.js';
import { startRole } from '../roles/start-role.js';

/** A running process, and how to read its `/proc`. */
export interface Measured {
  readonly pid: number;
  /** From its start to its first accepted check-in; for other programs to their first line. */
  readonly startMs: number;
  readonly read?: ReadProc;
  end(): Promise<void>;
}

/** A hub with TLS and one engine, to which agents can be added. */
export interface IdleLab {
  readonly hub: HubClient;
  readonly isRealEngine: boolean;
  /** The agent as a process. */
  startAgent(): Promise<Measured>;
  /** The agent in its container; null without a real engine. */
  startContainer(): Promise<Measured | null>;
  /** A Node that has loaded the modules that an agent needs, and nothing else. */
  startBareNode(): Promise<Measured>;
  /** Size of the image without its base, KB; null without a real engine. */
  imageKb(): Promise<number | null>;
  readonly bundle: string;
  close(): Promise<void>;
}

const BARE = `
for (const name of ['http2', 'https', 'tls', 'zlib']) require(name);
setInterval(() => undefined, 5_000);
console.log('ready');`;
const CONTAINER = 'fairlead-agent';
const ONLINE_MS = 60_000;

/** @param isRealEngine a Docker Engine of its own instead of a stand-in: only as root, in a lab's namespace */
export async function startIdleLab(isRealEngine: boolean): Promise<IdleLab> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const bundle = isRealEngine ? 'dist/agent/main.mjs' : join(folder, 'agent.mjs');
    await buildAgent(bundle);
    const engine = isRealEngine ? await LabEngine.create() : null;
    if (engine) {
      closers.push(() => engine.close());
      await makeBaseImage(engine);
      await buildAgentImage(engine);
    }
    const socketPath = engine?.socketPath ?? join(folder, 'engine.sock');
    if (!engine) {
      const stand = await startRole('swarm-engine', {
        sockets: { standalone: { path: socketPath, role: 'standalone' } },
      });
      closers.push(() => stand.stop());
    }
    const own = engine ? { FAIRLEAD_BIND: '0.0.0.0', FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE } : {};
    const { client: hub, port } = await startBundledHub(
      join(folder, 'hub'),
      (child) => closers.push(() => endProcess(child)),
      own,
    );
    let made = 0;
    const create = (host: string) =>
      hub.call<EnvironmentCreated>('POST', '/edge/api/environments', {
        name: `environment ${++made}`,
        url: `https://${host}:${port}`,
      });
    const online = async (id: number) => {
      const deadline = Date.now() + ONLINE_MS;
      for (;;) {
        const view = await hub.call<EnvironmentView>('GET', `/edge/api/environments/${id}`);
        if (view.lastCheckInAt !== null) return;
        if (Date.now() > deadline) throw new Error(`no check-in within ${ONLINE_MS} ms`);
      }
    };
    const started = (child: ChildProcess, sinceMs: number): Measured => {
      const end = () => endProcess(child);
      closers.push(end);
      return { pid: child.pid ?? 0, startMs: performance.now() - sinceMs, end };
    };
    return {
      hub,
      isRealEngine,
      bundle,
      close,
      async startAgent() {
        const { id, edgeId, edgeKey } = await create('127.0.0.1');
        const sinceMs = performance.now();
        const child = spawn(process.execPath, [bundle], {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: {
            PATH: process.env.PATH,
            EDGE_ID: edgeId ?? '',
            EDGE_KEY: edgeKey,
            EDGE_INSECURE_POLL: '1',
            DATA_DIR: join(folder, `agent-${id}`),
            DOCKER_HOST: `unix://${socketPath}`,
            LOG_LEVEL: 'warn',
          },
        });
        await online(id);
        return started(child, sinceMs);
      },
      async startContainer() {
        if (!engine) return null;
        const { id, commands } = await create(engine.gateway);
        const sinceMs = performance.now();
        const env = { PATH: process.env.PATH, ...engine.clientEnv };
        await runCommand('sh', ['-c', commands.standalone], { env });
        await online(id);
        return {
          pid: 1,
          startMs: performance.now() - sinceMs,
          read: async (name) => (await engine.docker(['exec', CONTAINER, 'cat', `/proc/1/${name}`])).stdout,
          end: async () => void (await engine.docker(['rm', '-f', CONTAINER])),
        };
      },
      async startBareNode() {
        const sinceMs = performance.now();
        const child = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(child.stdout, 'data');
        return started(child, sinceMs);
      },
      async imageKb() {
        if (!engine) return null;
        const { stdout } = await engine.docker([
          'image',
          'inspect',
          '-f',
          '{{.Size}}',
          AGENT_IMAGE,
          BASE_IMAGE,
        ]);
        const [agent = 0, base = 0] = stdout.trim().split('\n').map(Number);
        return (agent - base) / 1024;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
