import type { BrowserContext, Page } from 'playwright-core';
import { leave, openAdminBrowser } from '../../kit/browser/admin-browser.js';
import { browserTest } from '../../kit/browser/browser.js';
import { HOSTILE_BYTES } from './hostile-bytes.js';
import { startHostileSetup } from './setup.js';

/** Five times the duration of an undisturbed call, on a busy machine. */
const DEADLINE_MS = 20_000;
const NAMES = Object.keys(HOSTILE_BYTES);
const REPLIES = Object.fromEntries(Object.entries(HOSTILE_BYTES).map(([name, { reply }]) => [name, reply]));
const EXPECTED = Object.fromEntries(
  Object.entries(HOSTILE_BYTES).map(([name, { seenAs }]) => [name, seenAs]),
);

/** How Chromium says that an answer broke off. */
const BROKEN_OFF =
  /^net::ERR_(HTTP2_PROTOCOL_ERROR|CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)$/;
/** Chromium drops running requests when another test adds or removes a network. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';

/** Resolves with how a request of that page failed, where it did. */
async function untilFailed(page: Page, url: string): Promise<string> {
  const request = await page.waitForEvent('requestfailed', {
    timeout: DEADLINE_MS,
    predicate: (request) => request.url() === url && request.failure()?.errorText !== 'net::ERR_ABORTED',
  });
  const { errorText } = request.failure() ?? { errorText: 'no reason' };
  return BROKEN_OFF.test(errorText) ? 'cut' : errorText;
}

/** What the hub answered: its own error, or what the engine had announced. */
function outcomeOf(text: string | null): string {
  if (text?.includes('"code":"engine-bad-response"')) return 'refused';
  return text === '{}' ? 'announced' : `${text}`;
}

/** How a call of the hub's own page ends. */
async function callFrom(page: Page, url: string): Promise<string> {
  const failed = untilFailed(page, url);
  const read = page
    .evaluate<string>(
      `fetch(${JSON.stringify(url)}, { headers: { 'X-Fairlead-CSRF': '1' } }).then((r) => r.text())`,
    )
    .then(outcomeOf);
  return Promise.any([read, failed]);
}

/** How a page ends that is opened there. Nothing waits for a `load`: one that is cut has none, ever. */
async function openAt(page: Page, url: string): Promise<string> {
  const options = { timeout: DEADLINE_MS };
  const downloaded = async () => {
    const download = await page.waitForEvent('download', options);
    return (await download.failure()) === null ? 'downloaded' : 'cut';
  };
  const shown = async () => {
    await page.waitForEvent('requestfinished', { ...options, predicate: (request) => request.url() === url });
    return outcomeOf(await page.locator('pre').textContent(options));
  };
  const how = Promise.any([downloaded(), shown(), untilFailed(page, url)]);
  await page.goto(url, { ...options, waitUntil: 'commit' }).catch(() => null);
  return how;
}

/** Repeated if the network failed; an answer that breaks immediately may be refused as a whole. */
async function settle(name: string, attempt: () => Promise<string>): Promise<string> {
  let how = NETWORK_CHANGED;
  for (let round = 0; round < 5 && how === NETWORK_CHANGED; round++) how = await attempt();
  return how === 'refused' && EXPECTED[name] === 'cut' ? 'cut' : how;
}

async function navigate(
  context: BrowserContext,
  urlOf: (name: string) => string,
): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const name of NAMES) {
    const page = await context.newPage();
    seen[name] = await settle(name, () => openAt(page, urlOf(name)));
    await leave(page);
  }
  return seen;
}

browserTest(
  'hostile engine: malformed answers end soon in an admin’s browser, never as a success, and nothing runs',
  async (t) => {
    t.timeout(240_000);
    const { hub, path, stopCalling } = await startHostileSetup(t, REPLIES);
    const urlOf = (name: string) => `${hub.origin}${path}/containers/${name}`;
    for (const [version, flags] of Object.entries({ 'HTTP/2': [], 'HTTP/1.1': ['--disable-http2'] })) {
      const { context, admin, ran } = await openAdminBrowser(t, hub, flags);
      const calls = await Promise.all(
        NAMES.map(async (name) => [name, await settle(name, () => callFrom(admin, urlOf(name)))]),
      );
      t.deepEqual(Object.fromEntries(calls), EXPECTED, `${version}, by the page’s own calls`);
      // A browser that sends the header with everything it loads.
      await context.setExtraHTTPHeaders({ 'X-Fairlead-CSRF': '1' });
      t.deepEqual(await navigate(context, urlOf), EXPECTED, `${version}, by authenticated navigation`);
      t.deepEqual(ran, [], version);
      await leave(context);
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
