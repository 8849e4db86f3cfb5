import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { BrowserContext, Page } from 'playwright-core';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { leave, openAdminBrowser, watchContent } from '../../kit/browser/admin-browser.js';
import { browserTest, load, openBrowser } from '../../kit/browser/browser.js';
import { answeringByPath, httpAnswer } from '../../kit/engine/scripts.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { HOSTILE_CONTENT } from './hostile-content.js';
import { startHostileSetup } from './setup.js';

/** What a page that runs needs at most to be seen, on a busy machine, too. */
const SETTLE_MS = 150;
const AT_A_TIME = 5;
const NAMES = Object.keys(HOSTILE_CONTENT);

/** Opens an address in its own page, and gives its content time to act. */
async function visit(context: BrowserContext, url: string): Promise<number | null> {
  const page = await context.newPage();
  let status: number | null = null;
  page.on('response', (response) => {
    if (response.url() === url) status = response.status();
  });
  // A download is not a page, and throws.
  await load(() => page.goto(url)).catch(() => null);
  // Not a timer of the page's: where scripts are off, it has none.
  await delay(SETTLE_MS);
  await leave(page);
  return status;
}

/** A few at a time: most of a visit is waiting. */
async function visitAll(context: BrowserContext, urls: readonly string[]): Promise<(number | null)[]> {
  const statuses: (number | null)[] = [];
  for (let at = 0; at < urls.length; at += AT_A_TIME) {
    const some = urls.slice(at, at + AT_A_TIME).map((url) => visit(context, url));
    statuses.push(...(await Promise.all(some)));
  }
  return statuses;
}

/** A page that embeds addresses in every way there is. */
function attackPage(urls: readonly string[]): string {
  const list = JSON.stringify(urls);
  return `<!doctype html><meta charset=utf-8><title>attack</title><script>
    const done = [];
    const registering = [];
    for (const url of ${list}) {
      for (const [tag, name] of [['img','src'],['script','src'],['iframe','src'],['object','data'],['embed','src'],['link','href'],['video','src']]) {
        const made = document.createElement(tag);
        if (tag === 'link') made.rel = 'stylesheet';
        made[name] = url;
        done.push(new Promise((resolve) => { made.onload = made.onerror = resolve; setTimeout(resolve, 3000); }));
        document.documentElement.append(made);
      }
      const module = document.createElement('script');
      module.type = 'module';
      module.src = url;
      document.documentElement.append(module);
      done.push(import(url).catch(() => {}));
      done.push(fetch(url, { credentials: 'include', mode: 'no-cors' }).catch(() => {}));
      done.push(fetch(url, { credentials: 'include', headers: { 'X-Fairlead-CSRF': '1' } }).then((r) => r.text(), () => 'refused').then((text) => { (window.read ??= []).push(text); }));
      try { new Worker(url); } catch {}
      try { new SharedWorker(url); } catch {}
      // One after the other, as all have one scope: a few must do.
      if (/script|module/.test(url)) registering.push(navigator.serviceWorker?.register(url).then(() => { window.registered = url; }, () => {}));
    }
    const atMost = (ms, all) => Promise.race([Promise.allSettled(all), new Promise((resolve) => setTimeout(resolve, ms))]);
    window.attacked = Promise.all([atMost(5000, done), atMost(15000, registering)]).then(() => window.registered ?? 'no worker');
  </script>`;
}

/** What was accepted as a service worker: `no worker`, if all is well. */
function attack(page: Page): Promise<string> {
  return page.evaluate<string>('window.attacked');
}

/** What an origin keeps for itself. A text, as all that runs in the browser: the browser's types are not ours. */
const STORAGE = `(async () => ({
  local: { ...localStorage },
  cookie: document.cookie,
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map(({ name }) => name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
}))()`;

/** The same bytes from an origin without the hub in between, and pages of another site. */
async function startStranger(t: ExecutionContext, pages: Record<string, Buffer>): Promise<string> {
  const { key, certificate } = await loadTunnelIdentity(await tempFolder(t), systemClock);
  const server = tls.createServer({ key, cert: certificate });
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  server.on('secureConnection', answeringByPath({ ...HOSTILE_CONTENT, ...pages }));
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

browserTest(
  'hostile engine: nothing it answers runs, is stored or is obeyed in an admin’s browser',
  async (t) => {
    t.timeout(300_000);
    const { hub, engine, path, stopCalling } = await startHostileSetup(t, HOSTILE_CONTENT);
    const urls = NAMES.map((name) => `${hub.origin}${path}/containers/${name}`);
    const stranger = await startStranger(t, { attack: httpAnswer('text/html', attackPage(urls)) });

    // In its own profile: cookies ignore ports.
    const careless = await openBrowser(t);
    const ran = watchContent(careless);
    for (const name of ['html', 'svg', 'xhtml', 'html-no-type']) {
      // A busy machine may need more than one visit.
      for (let visits = 5; visits > 0 && ran.length < 2; visits--) {
        ran.length = 0;
        await visit(careless, `${stranger}/control/${name}`);
      }
      t.true(ran.splice(0).length > 1, `${name} does run without protection`);
    }
    await leave(careless);

    const { context, admin, ran: seen } = await openAdminBrowser(t, hub);
    await admin.evaluate(`localStorage.setItem('mine', 'kept')`);
    const cookies = async () =>
      (await context.cookies(hub.origin)).map(({ name, value }) => `${name}=${value}`);
    const before = { cookies: await cookies(), storage: await admin.evaluate(STORAGE) };
    t.is(before.cookies.length, 2, 'of the session, and of a device that signed in');
    const untouched = async (how: string) => {
      t.deepEqual(seen.splice(0), [], how);
      t.deepEqual({ cookies: await cookies(), storage: await admin.evaluate(STORAGE) }, before, how);
    };

    const asked = () => engine.requests.filter((request) => /containers\/(?!json)/.test(request)).length;
    t.deepEqual(new Set(await visitAll(context, urls)), new Set([401]), 'a navigation is not authenticated');
    await untouched('by navigation');

    const second = await context.newPage();
    await load(() => second.goto(`${stranger}/attack`));
    t.is(await attack(second), 'no worker');
    t.deepEqual(new Set(await second.evaluate<string[]>('window.read')), new Set(['refused']));
    await leave(second);
    await untouched('from a page of the same site');
    t.is(asked(), 0, 'and the engine was asked nothing');

    const read = await admin.evaluate<string[]>(`Promise.all(${JSON.stringify(urls)}.map(async (url) => {
    const ask = () => fetch(url, { headers: { 'X-Fairlead-CSRF': '1' } });
    // Again where a change of networks broke it off.
    const response = await ask().catch(ask).catch(ask).catch(ask);
    return response.status + ' ' + response.redirected + ' ' + response.headers.get('content-type');
  }))`);
    t.true(asked() >= NAMES.length);
    for (const answer of read) {
      t.regex(
        answer,
        /^(200|401|502) false (application\/(json|octet-stream)|text\/plain)(; charset=utf-8)?$/,
      );
    }
    await untouched('by the page’s own calls');

    // A browser that sends the header with everything it loads: this tests the answers' own heads.
    await context.setExtraHTTPHeaders({ 'X-Fairlead-CSRF': '1' });
    const askedBefore = asked();
    await visitAll(context, urls);
    await untouched('by authenticated navigation');
    t.true(asked() >= askedBefore + NAMES.length);
    const inside = `${hub.origin}/attack`;
    await context.route(inside, (route) =>
      route.fulfill({ contentType: 'text/html', body: attackPage(urls) }),
    );
    const within = await context.newPage();
    // Where a busy machine or a change of networks kept it from loading them, again.
    for (let attempts = 5; attempts > 0 && asked() < 6 * NAMES.length; attempts--) {
      await load(() => within.goto(inside));
      t.is(await attack(within), 'no worker');
    }
    t.true(asked() >= 6 * NAMES.length, 'they were loaded');
    await untouched('from a page of the same origin');

    const { calls, failures } = await stopCalling();
    t.deepEqual(failures, []);
    t.true(calls > NAMES.length);
    t.log(`${NAMES.length} answers; ${calls} calls of another environment meanwhile`);
  },
);
