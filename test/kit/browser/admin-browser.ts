import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import type { Hub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { load, openBrowser } from './browser.js';

const LEAVE_MS = 5_000;

/** A browser in which an admin has signed in to a hub. */
export interface AdminBrowser {
  readonly context: BrowserContext;
  /** A page of the hub's. */
  readonly admin: Page;
  /** The engine content that ran, in any page; see `hostile-content.ts`. */
  readonly ran: string[];
}

/** `flags` are added to Chromium's, those in `without` are left out of Playwright's own. */
export async function openAdminBrowser(
  t: Scope,
  hub: Hub,
  flags: readonly string[] = [],
  without: readonly string[] = [],
): Promise<AdminBrowser> {
  const context = await openBrowser(t, flags, without);
  const ran = watchContent(context);
  const admin = await context.newPage();
  await load(() => admin.goto(hub.origin));
  // Playwright's own request, with the browser's cookies: no change of networks breaks it off.
  await context.request.post(`${hub.origin}/api/session`, { data: { password: hub.password } });
  return { context, admin, ran };
}

/** The hostile content that runs from now on. */
export function watchContent(context: BrowserContext): string[] {
  const ran: string[] = [];
  context.on('request', (request) => {
    if (request.url().includes('/canary')) ran.push(request.url());
  });
  context.on('dialog', (dialog) => {
    ran.push(`dialog ${dialog.message()}`);
    // Its page may be closed already.
    dialog.dismiss().catch(() => undefined);
  });
  context.on('console', (message) => {
    if (message.text().includes('pwned') && message.type() === 'log') ran.push(`console ${message.text()}`);
  });
  return ran;
}

/** Closes what showed hostile content. Where that opened dialogs it is at times never closed: then its browser's end is its own. */
export async function leave(what: Page | BrowserContext): Promise<void> {
  await Promise.race([what.close(), delay(LEAVE_MS)]);
}
