import test from 'ava';
import { type BrowserContext, chromium } from 'playwright-core';
import { CHROMIUM } from '../../../tools/lab/install/browser.js';
import type { Scope } from '../scope.js';

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
  // In addition to Playwright's own option, which workers ignore.
  '--ignore-certificate-errors',
];

/**
 * A fresh profile of a headless Chromium that accepts any certificate; it ends with the test. `flags` are added, those in
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

/** What a load ends with where the networks of another test broke it off, or an error page that loads itself again. */
const NETWORK_CHANGED = /net::ERR_NETWORK_CHANGED|is interrupted by another navigation/;

/** Loads a page, again where networks that another test made or removed broke that off. */
export async function load(work: () => Promise<unknown>): Promise<void> {
  for (let attempts = 20; ; attempts--) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempts === 1 || !NETWORK_CHANGED.test(String(error))) throw error;
    }
  }
}
