import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { buildPanel } from '../../../tools/build/panel.js';
import type { Hub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { openAdminBrowser } from './admin-browser.js';
import { load } from './browser.js';

/** A browser on a busy machine is slow. */
const MS = 90_000;

/** The dashboard's page with the panel, signed in. */
export interface PanelPage {
  readonly page: Page;
  /** Errors of scripts, and what the Content-Security-Policy refused. */
  readonly errors: string[];
  /** The hostile content that ran. */
  readonly ran: string[];
}

/** To be called before the hub starts: it reads the panel at its start. */
export function havePanel(): Promise<unknown> {
  built ??= buildPanel();
  return built;
}

let built: Promise<unknown> | undefined;

/** Of Chromium's flags, those in `without` are left out. */
export async function openPanel(t: Scope, hub: Hub, without: readonly string[] = []): Promise<PanelPage> {
  const { admin: page, ran } = await openAdminBrowser(t, hub, [], without);
  page.setDefaultTimeout(MS);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) errors.push(message.text());
  });
  await load(() => page.reload());
  await page.waitForSelector('fairlead-panel h2');
  return { page, errors, ran };
}

/** What axe-core finds wrong with the page as it is, one line each. */
export async function accessFaults(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Through the debugger: the page's own policy allows no such script.
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`);
}
