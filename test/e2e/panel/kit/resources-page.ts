import type { Page } from 'playwright-core';
import type { LabEngine } from '../../../../tools/lab/engine.js';
import { BUSYBOX_IMAGE } from '../../../../tools/lab/images/base-image.js';
import type { TestAgent } from '../../../kit/agent/agent.js';
import { load } from '../../../kit/browser/browser.js';
import { accessFaults, openPanel, type PanelPage } from '../../../kit/browser/panel-page.js';
import { joinEngine } from '../../../kit/docker/setup.js';
import { startEngine } from '../../../kit/engine/lab.js';
import { type Hub, startHub } from '../../../kit/hub/hub.js';
import type { Scope } from '../../../kit/scope.js';
import { type SmallRegistry, startSmallRegistry } from './small-registry.js';

/** The page of an environment whose engine has some of everything, and may be pruned: no other test uses it. */
export interface ResourcesPage extends PanelPage {
  readonly hub: Hub;
  readonly engine: LabEngine;
  readonly registry: SmallRegistry;
  readonly agent: TestAgent;
  readonly environmentId: number;
  open(section: string): Promise<void>;
  /** Selects rows by name, and does something to them. */
  bulk(verb: string, names: readonly string[]): Promise<void>;
  /** Says yes to a question that names this. */
  confirm(names: RegExp): Promise<void>;
  /** A thousand events a second for 3 s, in the engine's format. Resolves with the number received, and the effect on the page. */
  flood(): Promise<{ received: number; longestMs: number; shown: number }>;
  /** Requests a new snapshot. */
  snapshot(): Promise<unknown>;
  /** Keeps a picture, light and dark, in the folder that `FAIRLEAD_PICTURES` names. */
  picture(name: string): Promise<void>;
}

export async function startResourcesPage(scope: Scope, hostile: string): Promise<ResourcesPage> {
  const engine = await startEngine(scope);
  const [registry, hub] = await Promise.all([
    startSmallRegistry(engine),
    startHub(scope),
    furnish(engine, hostile),
  ]);
  await hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 1 });
  const { agent, environmentId } = await joinEngine(scope, hub, engine.socketPath);
  const panel = await openPanel(scope, hub);
  const { page } = panel;
  await page.addInitScript(FLOOD);
  await load(() => page.goto(`${hub.origin}/#fairlead/environments/${environmentId}/containers`));
  await load(() => page.reload());
  await page.waitForSelector('[data-name="idle"]');
  return {
    ...panel,
    hub,
    engine,
    registry,
    agent,
    environmentId,
    open: (section) => page.click(`nav[aria-label="Sections"] button:text-is("${section}")`),
    bulk: async (verb, names) => {
      for (const name of names) await page.check(`[aria-label="Select ${name}"]`);
      await page.click(`.bulk button:has-text("${verb}")`);
    },
    confirm: async (names) => {
      const dialog = page.locator('dialog[open]');
      await dialog.locator('ul').filter({ hasText: names }).waitFor();
      await dialog.locator('button.danger').click();
    },
    flood: async () => {
      await page.evaluate('sessionStorage.flood = 1');
      await load(() => page.reload());
      const result: Awaited<ReturnType<ResourcesPage['flood']>> = await page.evaluate('flood()');
      await load(() => page.reload());
      return result;
    },
    snapshot: () => hub.call('POST', `/edge/api/environments/${environmentId}/snapshot`),
    picture: async (name) => {
      const folder = process.env.FAIRLEAD_PICTURES;
      if (!folder) return;
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png`, fullPage: true });
      }
    },
  };
}

/** What axe-core finds wrong with the page, light and dark. */
export async function accessFaultsInBoth(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    faults.push(...(await accessFaults(page)).map((fault) => `${colorScheme}: ${fault}`));
  }
  return faults;
}

/** A Compose project, a Swarm's stack, and what has markup for names. */
async function furnish(engine: LabEngine, hostile: string): Promise<void> {
  await engine.docker(['swarm', 'init', '--advertise-addr', '127.0.0.1']);
  await engine.docker(['network', 'create', '--subnet', '10.97.0.0/24', 'front']);
  const run = (name: string, project: string, service: string, ...more: string[]) => {
    const labels = { project, service };
    const options = Object.entries(labels).flatMap(([key, value]) => [
      '--label',
      `com.docker.compose.${key}=${value}`,
    ]);
    return engine.docker([
      'run',
      '-d',
      '--init',
      '--name',
      name,
      ...options,
      ...more,
      BUSYBOX_IMAGE,
      'sleep',
      '86400',
    ]);
  };
  const stack = ['--label', 'com.docker.stack.namespace=front'];
  await Promise.all([
    run('shop-web-1', 'shop', 'web', '--network', 'front'),
    run('shop-db-1', 'shop', 'db', '-v', 'data:/data'),
    run('hostile', hostile, hostile, '--label', `x=${hostile}`),
    engine.docker(['create', '--name', 'idle', BUSYBOX_IMAGE]),
    engine.docker(['network', 'create', '-d', 'overlay', ...stack, 'front_default']),
    engine.docker(['secret', 'create', ...stack, 'front_key', '-'], { input: 'x' }),
    // No such image: its tasks never run.
    engine.docker([
      'service',
      'create',
      '-d',
      '--no-resolve-image',
      ...stack,
      '--name',
      'front_web',
      '--replicas',
      '2',
      'none:1',
    ]),
  ]);
}

/** In the page: from the next reload on the engine's events are ours. */
const FLOOD = `
  const real = window.fetch;
  let writer;
  if (sessionStorage.flood) window.fetch = (url, options) => {
    if (!/docker\\/events\\?/.test(url)) return real(url, options);
    return Promise.resolve(new Response(new ReadableStream({ start: (controller) => { writer = controller; } })));
  };
  window.flood = async () => {
    const encoder = new TextEncoder();
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    while (!writer) await wait(20);
    const startMs = performance.now();
    let received = 0, longestMs = 0, lastMs = startMs;
    while (performance.now() - startMs < 3000) {
      await wait(10);
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      let text = '';
      for (; received < nowMs - startMs; received++)
        text += JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: 'c' + received, Attributes: { name: 'name ' + received } }, timeNano: Date.now() * 1e6 }) + '\\n';
      writer.enqueue(encoder.encode(text));
    }
    const find = (root) => [...root.querySelectorAll('*')].flatMap((node) => node.localName === 'fairlead-event-list' ? [node] : node.shadowRoot ? find(node.shadowRoot) : []);
    await wait(200);
    const shown = find(document)[0].shadowRoot.querySelectorAll('li').length;
    delete sessionStorage.flood;
    return { received, longestMs: Math.round(longestMs), shown };
  };
`;
