import type { BrowserContext, Download, Page } from 'playwright-core';
import { openAdminBrowser } from '../helpers/admin-browser.js';
import { browserTest } from '../helpers/browser.js';
import { HOSTILE_BYTES } from '../helpers/hostile-bytes.js';
import { startHostileLine } from '../helpers/hostile-line.js';

/** Five times what a call takes that nobody hinders, on a busy machine. */
const DEADLINE_MS = 20_000;
const NAMES = Object.keys(HOSTILE_BYTES);
const REPLIES = Object.fromEntries(Object.entries(HOSTILE_BYTES).map(([name, { reply }]) => [name, reply]));
const EXPECTED = Object.fromEntries(
  Object.entries(HOSTILE_BYTES).map(([name, { seenAs }]) => [name, seenAs]),
);

/** How a page's own call ends: a text, because the browser's types are not ours. */
const readCall = (url: string) => `(async (url) => {
  const signal = AbortSignal.timeout(${DEADLINE_MS});
  const response = await fetch(url, { headers: { 'X-Fairlead-CSRF': '1' }, signal });
  const text = await response.text().catch((error) => error);
  if (text instanceof Error) return signal.aborted ? 'never ends' : 'cut';
  if (response.status === 502 && JSON.parse(text).code === 'engine-bad-response') return 'refused';
  return response.status === 200 && text === '{}' ? 'announced' : response.status + ' ' + text;
})(${JSON.stringify(url)})`;

/** The first of these to come. Nothing waits for a `load`: a page that is cut has none, ever. */
async function untilShown(page: Page, url: string): Promise<string> {
  const mine = (request: { url(): string }) => request.url() === url;
  const options = { timeout: DEADLINE_MS };
  const ended = Promise.any([
    page
      .waitForEvent('download', options)
      .then((download: Download) => download.failure())
      .then((failure) => (failure === null ? 'downloaded' : 'cut')),
    page.waitForEvent('requestfinished', { ...options, predicate: mine }).then(() => 'finished'),
    page
      .waitForEvent('requestfailed', {
        ...options,
        predicate: (request) => mine(request) && request.failure()?.errorText !== 'net::ERR_ABORTED',
      })
      .then(() => 'cut'),
  ]);
  await page.goto(url, { ...options, waitUntil: 'commit' }).catch(() => null);
  const how = await ended;
  if (how !== 'finished') return how;
  const text = await page.locator('pre').textContent(options);
  if (text?.includes('"code":"engine-bad-response"')) return 'refused';
  return text === '{}' ? 'announced' : `${text}`;
}

async function navigate(
  context: BrowserContext,
  urlOf: (name: string) => string,
): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const name of NAMES) {
    const page = await context.newPage();
    seen[name] = await untilShown(page, urlOf(name));
    await page.close();
  }
  return seen;
}

browserTest(
  'hostile engine: bytes that are no answer end soon in the browser of an admin, never as a success, and nothing runs',
  async (t) => {
    t.timeout(240_000);
    const { hub, path, stopCalling } = await startHostileLine(t, REPLIES);
    const urlOf = (name: string) => `${hub.origin}${path}/containers/${name}`;
    for (const [version, flags] of Object.entries({ 'HTTP/2': [], 'HTTP/1.1': ['--disable-http2'] })) {
      const { context, admin, ran } = await openAdminBrowser(t, hub, flags);
      const calls = await Promise.all(
        NAMES.map(async (name) => [name, await admin.evaluate(readCall(urlOf(name)))]),
      );
      t.deepEqual(Object.fromEntries(calls), EXPECTED, `${version}, by the page’s own calls`);
      // A browser that sends the header with everything it loads.
      await context.setExtraHTTPHeaders({ 'X-Fairlead-CSRF': '1' });
      t.deepEqual(await navigate(context, urlOf), EXPECTED, `${version}, by authenticated navigation`);
      t.deepEqual(ran, [], version);
      await context.close();
    }
    const { calls, failures, longestMs } = await stopCalling();
    t.deepEqual(failures, []);
    t.true(calls > NAMES.length);
    t.true(longestMs < DEADLINE_MS);
    t.log(
      `${NAMES.length} answers; ${calls} calls of another environment meanwhile, the longest ${Math.round(longestMs)} ms`,
    );
  },
);
