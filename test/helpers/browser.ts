import test from 'ava';
import { type BrowserContext, chromium } from 'playwright-core';
import { CHROMIUM } from '../../tools/lab/install-browser.js';
import type { Scope } from './scope.js';

/** `test` of AVA for what needs a browser: skipped, and counted as such, where there is none (`npm test` says why). */
export const browserTest = process.env.FAIRLEAD_NO_BROWSER || process.env.FAIRLEAD_NO_LAB ? test.skip : test;

/** {@link browserTest} for tests of a file that run one after the other. */
export const serialBrowserTest =
  process.env.FAIRLEAD_NO_BROWSER || process.env.FAIRLEAD_NO_LAB ? test.serial.skip : test.serial;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // An error page that loads itself again would interrupt a test's own next step.
  '--disable-auto-reload',
  // Beside Playwright's own option, which workers do not heed.
  '--ignore-certificate-errors',
];

/**
 * A fresh profile of a headless Chromium that takes any certificate; it ends with the test. `flags` are added, those in
 * `without` left out of Playwright's own.
 */
export async function openBrowser(
  t: Scope,
  flags: readonly string[] = [],
  without: readonly string[] = [],
): Promise<BrowserContext> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...flags],
    ignoreDefaultArgs: [...without],
  });
  t.teardown(() => browser.close());
  return browser.newContext({ ignoreHTTPSErrors: true });
}

/** Loads a page, again where networks that another test made or removed broke that off. */
export async function load(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const error = await work().then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error === null) return;
    if (!String(error).includes('net::ERR_NETWORK_CHANGED')) throw error;
  }
}
