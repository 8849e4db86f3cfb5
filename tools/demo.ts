import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { EnvironmentCreated, EnvironmentView } from '../plugin/api.js';
import { buildAgent } from './build/agent.js';
import { buildPanel } from './build/panel.js';
import { createDemoContext } from './demo/docker-context.js';
import { engineSite } from './demo/engine-site.js';
import { type DemoHub, startHub } from './demo/start-hub.js';
import { swarmSite } from './demo/swarm-site.js';
import { sweepLeftovers } from './lab/sweep-leftovers.js';

const USAGE = `
npm run demo               a hub, and an agent on this machine's Docker Engine (DOCKER_HOST, else the usual
                           socket); where there is none, on a private one
npm run demo -- --swarm    a hub, and agents on a Swarm of three private engines: Debian or Ubuntu, as root

FAIRLEAD_BIND=ADDRESS      where the hub listens, if other machines are to reach it
FAIRLEAD_PORT=N  FAIRLEAD_TUNNEL_PORT=N  FAIRLEAD_DOCKER_PORT=N
`;
const ONLINE_WITHIN_MS = 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string) => console.log(`demo: ${line}`);
/** Cleanups, run in reverse order. */
const cleanup: Array<() => Promise<void>> = [];
let stopping: Promise<void> | undefined;

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
process.chdir(root);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0));
try {
  await Promise.race(await startDemo(options.swarm ? swarmSite : engineSite));
} catch (error) {
  if (!stopping) console.error(`demo: ${error instanceof Error ? error.message : error}`);
  await end(1);
}

/** Starts everything; the returned promise rejects when a part fails. */
async function startDemo(makeSite: typeof engineSite): Promise<Array<Promise<never>>> {
  // In a test run everything lives in that run's folder: process ids in folder names are valid only there.
  const base = process.env.FAIRLEAD_LAB_DIR ?? join(root, '.demo');
  await mkdir(base, { recursive: true });
  await sweepLeftovers(base);
  const dir = await mkdtemp(join(base, `fairlead-run-${process.pid}-`));
  cleanup.push(() => rm(dir, { recursive: true, force: true }));
  await Promise.all([buildAgent(), buildPanel()]);
  const site = await makeSite(base, say);
  cleanup.push(() => site.close());
  const hub = await startHub(dir, site);
  cleanup.push(() => hub.process.stop());
  const created = await hub.client.call<EnvironmentCreated>('POST', '/edge/api/environments', {
    name: site.name,
    url: `${hub.url}/edge`,
    tunnelAddress: hub.tunnelAddress,
  });
  const agents = await site.join(created, hub.caFile, dir);
  cleanup.push(() => agents.stop());
  const died = [hub.process.failed, agents.failed];
  say(`environment ${created.name} is made; waiting for its agent`);
  await Promise.race([untilOnline(hub, created.id), ...died]);
  const command = await dockerCommand(hub, created.id, dir);
  const facts = [
    ['Dashboard', `${hub.url}   (its certificate is self-signed: the browser asks)`],
    ['Password', hub.password],
    ['Environment', `${created.name}, number ${created.id}: online`],
    ...site.facts,
    ['Logs', `${dir}/hub.log, ${agents.logs}`],
  ];
  console.log(`
${facts.map(([label = '', text]) => `  ${label.padEnd(12)} ${text}`).join('\n')}
${command === undefined ? '' : `\n  Paste into another terminal:\n  ${command} ${site.suggestion}\n`}
  Ctrl-C stops everything and removes it.
`);
  return died;
}

/** How the docker client reaches the environment; undefined, and said why, without a context. */
async function dockerCommand(hub: DemoHub, id: number, dir: string): Promise<string | undefined> {
  try {
    const context = await createDemoContext(hub, id, join(dir, 'fairlead'));
    cleanup.push(() => context.remove());
    return `docker --context ${context.name}`;
  } catch (error) {
    say(`no Docker context: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function readOptions(): { help: boolean; swarm: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { help: flag, swarm: flag } }).values;
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
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

/** Runs the cleanups once, even if called again (a terminal and npm both send the signal). */
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
