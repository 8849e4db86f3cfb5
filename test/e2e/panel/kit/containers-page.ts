import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { accessFaults, havePanel, openPanel, type PanelPage } from '../../../kit/browser/panel-page.js';
import { BUSYBOX_IMAGE, type SharedEngine, sharedEngine } from '../../../kit/engine/lab.js';
import { type HubAndAgent, startHubAndAgent } from '../../../kit/hub-and-agent.js';
import type { Scope } from '../../../kit/scope.js';

/** A container's texts may contain it; none of it may run. */
export const MARKUP = `<img src=x onerror="alert('pwned')"><script>alert('pwned')</script>`;
const NAME = `pc-${process.pid}`;

/** The containers of an environment, open in a browser. */
export interface ContainersPage extends HubAndAgent, PanelPage {
  readonly engine: SharedEngine;
}

/** Starts a hub with an agent, and opens its environment in a browser. */
export async function startContainersPage(scope: Scope): Promise<ContainersPage> {
  await havePanel();
  const engine = await sharedEngine();
  const setup = await startHubAndAgent(scope);
  const panel = await openPanel(scope, setup.hub);
  await panel.page.click(`.row:has-text(${JSON.stringify(setup.created.name)})`);
  await panel.page.waitForSelector('h3:has-text("Containers:")');
  return { ...setup, ...panel, engine };
}

/** Runs a container that is removed at the end. Resolves with its full name, when it is in the list. */
export async function runContainer(
  t: ExecutionContext,
  { engine, page }: ContainersPage,
  name: string,
  options: string[],
  ...command: string[]
): Promise<string> {
  const full = `${NAME}-${name}`;
  t.teardown(async () => void (await engine.docker(['rm', '-fv', full], { allowFailure: true })));
  await engine.docker(['run', '-d', '--init', '--name', full, ...options, BUSYBOX_IMAGE, ...command]);
  await page.fill('.filter input', NAME);
  await page.waitForSelector(rowOf(full));
  return full;
}

/** Selector of a container's row. */
export function rowOf(name: string): string {
  return `[data-name="${name}"]`;
}

/** Opens a tool of a container. */
export async function openTool(page: Page, tool: string, name: string): Promise<void> {
  await page.click(`[aria-label="${tool} of ${name}"]`);
  await page.waitForSelector(`section[aria-label$="of ${name}"]`);
}

/** Checks accessibility in both colour schemes, and that nothing scrolls sideways on a phone. */
export async function checkLayout(t: ExecutionContext, page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    t.deepEqual(await accessFaults(page), [], `${what}, ${colorScheme}`);
    await shot(page, `${what}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  const { width = 1280, height = 720 } = page.viewportSize() ?? {};
  await page.setViewportSize({ width: 360, height: 740 });
  const over = () =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  t.is(await over(), 0, `${what}: sideways`);
  await shot(page, `${what}-360`);
  await page.setViewportSize({ width, height });
}

async function shot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}
