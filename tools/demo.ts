import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EnvironmentCreated, EnvironmentView } from '../plugin/api.js';
import { AGENT_BUNDLE, buildAgent } from './build-agent.js';
import { DemoProcess } from './demo/demo-process.js';
import { findEngine } from './demo/find-engine.js';
import { type DemoHub, startHub, writeClientConfig } from './demo/start-hub.js';
import { sweepLeftovers } from './lab/sweep-leftovers.js';

const ONLINE_WITHIN_MS = 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string) => console.log(`demo: ${line}`);
/** What to undo, last first. */
const cleanup: Array<() => Promise<void>> = [];
let stopping: Promise<void> | undefined;

process.chdir(root);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0));
try {
  await Promise.race(await startDemo());
} catch (error) {
  if (!stopping) console.error(`demo: ${error instanceof Error ? error.message : error}`);
  await end(1);
}

/** Starts everything; what it resolves with rejects when a part dies. */
async function startDemo(): Promise<Array<Promise<never>>> {
  // In a test run everything lives in that run's folder: process ids in folder names mean something only there.
  const base = process.env.FAIRLEAD_LAB_DIR ?? join(root, '.demo');
  await mkdir(base, { recursive: true });
  await sweepLeftovers(base);
  const dir = await mkdtemp(join(base, `fairlead-run-${process.pid}-`));
  cleanup.push(() => rm(dir, { recursive: true, force: true }));
  const engine = await findEngine(base, say);
  cleanup.push(() => engine.close());
  await buildAgent();
  const hub = await startHub(dir);
  cleanup.push(() => hub.process.stop());
  const created = await hub.client.call<EnvironmentCreated>('POST', '/edge/api/environments', {
    name: hostname(),
    url: `${hub.url}/edge`,
    tunnelAddress: hub.tunnelAddress,
  });
  const agent = await DemoProcess.start('agent', [AGENT_BUNDLE], {
    logFile: join(dir, 'agent.log'),
    logsToStdout: true,
    env: {
      ...process.env,
      EDGE_ID: created.edgeId ?? '',
      EDGE_KEY: created.edgeKey,
      EDGE_CA_FILE: hub.caFile,
      DATA_DIR: join(dir, 'agent'),
      DOCKER_HOST: engine.address,
    },
  });
  cleanup.push(() => agent.stop());
  const died = [hub.process.failed, agent.failed];
  say(`environment ${created.name} is made; waiting for its agent`);
  await Promise.race([untilOnline(hub, created.id), ...died]);
  const docker = await writeClientConfig(hub, dir, created.id);
  console.log(`
  Dashboard    ${hub.url}   (its certificate is self-signed: the browser asks)
  Password     ${hub.password}
  Environment  ${created.name}, number ${created.id}: online
  Engine       ${engine.description}
  Logs         ${dir}/hub.log, ${dir}/agent.log

  Paste into another terminal:
  ${docker} ps

  Ctrl-C stops everything and removes it.
`);
  return died;
}

async function untilOnline(hub: DemoHub, id: number): Promise<void> {
  const deadline = Date.now() + ONLINE_WITHIN_MS;
  for (;;) {
    const view = await hub.client.call<EnvironmentView>('GET', `/edge/api/environments/${id}`);
    if (view.status === 'online') return;
    if (Date.now() > deadline) {
      const why = view.problem?.detail ?? view.lastRefusal?.code ?? 'no check-in';
      throw new Error(`the environment is ${view.status} after ${ONLINE_WITHIN_MS / 1000} s: ${why}`);
    }
    await delay(200);
  }
}

/** Undoes everything once, however often it is asked to (a terminal and npm both send the signal). */
function end(code: number): Promise<void> {
  stopping ??= (async () => {
    if (code === 0) say('stopping');
    for (const undo of cleanup.reverse()) {
      await undo().catch((error: unknown) => console.error(`demo: ${error}`));
    }
    process.exit(code);
  })();
  return stopping;
}
