import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium } from 'playwright-core';
import type { EnvironmentCreated, EnvironmentView } from '../plugin/api.js';
import { AGENT_BUNDLE, buildAgent } from './build/agent.js';
import { buildPanel } from './build/panel.js';
import { DemoProcess } from './demo/demo-process.js';
import { type DemoHub, startHub } from './demo/start-hub.js';
import { swarmSite } from './demo/swarm-site.js';
import { CHROMIUM, installBrowser } from './lab/install/browser.js';
import { installEngine } from './lab/install/engine.js';
import { endWithParent, insideNamespace, LAB_ROOT, runInNamespace } from './lab/namespace.js';
import { startSampleEngine } from './screenshots/sample-engine.js';
import { type Sample, VIEWS } from './screenshots/views.js';

// npm run screenshots: pictures of the panel's views, with real engines, into docs/screenshots. Arguments select
// pictures by name. Debian or Ubuntu, as root.

const FOLDER = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };
const WITHIN_MS = 120_000;
const say = (line: string) => console.log(`screenshots: ${line}`);

process.exit(insideNamespace() ? await takeAll() : await prepare());

async function prepare(): Promise<number> {
  const obstacle = (await installEngine(say)) ?? (await installBrowser(say));
  if (!obstacle) return runInNamespace(process.argv.slice(1));
  say(obstacle);
  return 1;
}

/** Its processes end with their namespace. */
async function takeAll(): Promise<number> {
  endWithParent();
  const dir = process.env.FAIRLEAD_LAB_DIR ?? LAB_ROOT;
  await Promise.all([buildAgent(), buildPanel()]);
  const swarm = await swarmSite(dir, say);
  const hub = await startHub(dir, swarm);
  const sample = { engine: await joinEngine(hub, dir), swarm: await joinSwarm(hub, swarm, dir) };
  for (const name of ['harbour crane 3', 'wind farm 12', 'warehouse south'])
    await createEnvironment(hub, name, ['planned']);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const isWhole = process.argv.length < 3;
  if (isWhole) await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const)
    for (const size of ['desktop', 'phone'] as const) {
      const context = await browser.newContext({
        colorScheme,
        viewport: SIZES[size],
        ignoreHTTPSErrors: true,
      });
      await capture(context, hub, sample, `${colorScheme}-${size}`);
      await context.close();
    }
  await browser.close();
  return 0;
}

async function capture(context: BrowserContext, hub: DemoHub, sample: Sample, kind: string): Promise<void> {
  const page = await context.newPage();
  page.setDefaultTimeout(WITHIN_MS);
  await page.goto(hub.url);
  await page.fill('#password', hub.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('fairlead-panel h2');
  const wanted = process.argv.slice(2);
  for (const { name, path, act, until } of VIEWS) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await page.goto(`${hub.url}/#fairlead/${path(sample)}`);
    await page.reload();
    await act?.(page);
    await page.waitForSelector(until);
    await page.screenshot({ path: join(FOLDER, `${name}-${kind}.png`), animations: 'disabled' });
    say(`${name}-${kind}.png`);
  }
}

async function joinEngine(hub: DemoHub, dir: string): Promise<number> {
  const engine = await startSampleEngine(dir);
  const { id, edgeId, edgeKey } = await createEnvironment(hub, 'shop oslo', ['shop', 'norway']);
  await DemoProcess.start('agent', [AGENT_BUNDLE], {
    logFile: join(dir, 'agent.log'),
    logsToStdout: true,
    env: {
      ...process.env,
      EDGE_ID: edgeId ?? '',
      EDGE_KEY: edgeKey,
      EDGE_CA_FILE: hub.caFile,
      DATA_DIR: join(dir, 'agent'),
      DOCKER_HOST: `unix://${engine.socketPath}`,
    },
  });
  await untilOnline(hub, id);
  return id;
}

async function joinSwarm(
  hub: DemoHub,
  swarm: Awaited<ReturnType<typeof swarmSite>>,
  dir: string,
): Promise<number> {
  const created = await createEnvironment(hub, 'cluster hamburg', ['swarm', 'germany']);
  await swarm.join(created, hub.caFile, dir);
  await untilOnline(hub, created.id);
  return created.id;
}

function createEnvironment(hub: DemoHub, name: string, tags: readonly string[]): Promise<EnvironmentCreated> {
  const body = { name, tags, url: `${hub.url}/edge`, tunnelAddress: hub.tunnelAddress };
  return hub.client.call('POST', '/edge/api/environments', body);
}

async function untilOnline(hub: DemoHub, id: number): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const { status, swarm } = await hub.client.call<EnvironmentView>('GET', `/edge/api/environments/${id}`);
    if (status === 'online' && (swarm?.nodesOnline ?? 3) === 3) return;
    if (Date.now() > deadline) throw new Error(`environment ${id} is ${status}`);
    await delay(200);
  }
}
