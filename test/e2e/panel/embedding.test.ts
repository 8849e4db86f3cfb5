import type { Page } from 'playwright-core';
import { openBrowser, serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel } from '../../kit/browser/panel-page.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import type { Scope } from '../../kit/scope.js';
import { openForeignPage } from './kit/foreign-page.js';

const MODULE = '/panels/fairlead/fairlead-panel.js';

const IN_HTML = `
await import('${MODULE}');
await new Promise((resolve) => setTimeout(resolve));
const panel = document.querySelector('fairlead-panel');
panel.getToken = () => TOKEN;
panel.addEventListener('fairlead-navigate', ({ detail }) => document.title = detail);
`;

// StrictMode inserts each element, removes it, and inserts it again.
const IN_REACT = `
import '${MODULE}';
import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
function Dashboard() {
  const [path, setPath] = useState('');
  const [isShown, setShown] = useState(true);
  return h(StrictMode, null,
    h('button', { onClick: () => setShown(!isShown) }, 'Switch'),
    h('button', { onClick: () => setPath('create') }, 'Create'),
    h('output', null, path),
    isShown && h('fairlead-panel', { baseUrl: '/edge', theme: 'dark', getToken: async () => TOKEN, path,
      'onfairlead-navigate': ({ detail }) => setPath(detail) }));
}
createRoot(document.querySelector('main')).render(h(Dashboard));
`;

/** A page whose user has a token only: the browser has no cookie of the hub. */
async function openHub(
  t: Scope,
): Promise<{ hub: Hub; page: Page; errors: string[]; id: number; token: string }> {
  await havePanel();
  const hub = await startHub(t);
  const { id } = await hub.createEnvironment({ name: 'depot' });
  const { body } = await hub.call<{ token: string }>('POST', '/api/tokens', { name: 'dashboard' });
  const page = await (await openBrowser(t)).newPage();
  page.setDefaultTimeout(90_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // The browser's own note on each answer of 4xx or 5xx is none.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  return { hub, page, errors, id, token: body.token };
}

serialBrowserTest('panel: in a plain page, with a token and no cookie', async (t) => {
  t.timeout(300_000);
  const { hub, page, errors, id, token } = await openHub(t);
  const refused: string[] = [];
  page.on('response', (answer) => {
    if (answer.status() === 401) refused.push(answer.url());
  });
  await openForeignPage(page, hub, {
    body: '<fairlead-panel base-url="/edge"></fairlead-panel>',
    script: IN_HTML.replace('TOKEN', JSON.stringify(token)),
  });
  await page.click('.row:has-text("depot")');
  await page.waitForSelector('h2:has-text("depot")');
  t.is(await page.title(), `environments/${id}`);
  await hub.call('DELETE', `/edge/api/environments/${id}`);
  await page.waitForSelector('text="This environment was deleted"');
  t.deepEqual(errors, []);
  // The token is set after the element is in the page.
  t.deepEqual(refused, []);
});

serialBrowserTest('panel: in a React page, follows its path, and stops when removed', async (t) => {
  t.timeout(300_000);
  const { hub, page, errors, token } = await openHub(t);
  const open = new Set<string>();
  page.on('request', (request) => request.url().includes('/edge/api/events') && open.add(request.url()));
  const ended = new Promise<void>((resolve) =>
    page.on('requestfailed', (request) => request.url().includes('/edge/api/events') && resolve()),
  );
  await openForeignPage(page, hub, {
    body: '<main></main>',
    script: IN_REACT.replace('TOKEN', JSON.stringify(token)),
  });
  await page.waitForSelector('.row:has-text("depot")');
  t.is(await page.getAttribute('fairlead-panel', 'theme'), 'dark');
  await page.click('button:text-is("Create")');
  await page.waitForSelector('h2:has-text("Create environment")');
  await page.click('button:text-is("All environments")');
  await page.waitForSelector('.row:has-text("depot")');
  t.is(await page.innerText('output'), '');

  await page.click('button:text-is("Switch")');
  await ended;
  const calls: string[] = [];
  page.on('request', (request) => calls.push(request.url()));
  await hub.createEnvironment({ name: 'another' });
  await page.click('button:text-is("Switch")');
  await page.waitForSelector('.row:has-text("another")');
  t.true(calls.some((url) => url.includes('/edge/api/events')));
  t.deepEqual(errors, []);
});
