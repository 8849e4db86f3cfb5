import type { Page } from 'playwright-core';
import { startAgent } from '../../kit/agent/agent.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { accessFaults, havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { sharedEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';

const MARKUP = `<img src=x onerror="alert('pwned')">`;

serialBrowserTest(
  'panel: the list shows environments that are created, deleted, turn online and check in',
  async (t) => {
    t.timeout(300_000);
    await havePanel();
    const hub = await startHub(t);
    await hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 1, heldCheckIns: false });
    const { page, errors, ran } = await openPanel(t, hub);
    await page.waitForSelector('text=None yet.');
    const watching = page.waitForRequest(/\/events\?watch=/);
    const { id } = await hub.createEnvironment({ name: 'depot 10', tags: [MARKUP, 'north'] });
    await page.waitForSelector('.row:has-text("depot 10")');
    const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'depot 9', tags: ['north', 'shop'] });
    await page.waitForSelector('li:first-child .row:has-text("depot 9"):has-text("pending")');
    t.deepEqual(await accessFaults(page), []);

    // With no engine: what is wrong, and what to do about it.
    const agent = await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: '/nonexistent/docker.sock' });
    await page.waitForSelector('.row:has-text("depot 9") .cause:has-text("cannot reach its Docker Engine")');
    await page.waitForSelector('.row:has-text("depot 9") .step:has-text("Check that Docker is running")');
    t.deepEqual(await accessFaults(page), []);
    const ended = agent.child.kill('SIGKILL');
    await ended;

    const engine = await sharedEngine();
    await startAgent(t, {
      edgeId: edgeId ?? '',
      edgeKey,
      engine: engine.socketPath,
      dataDir: agent.dataDir,
    });
    await page.waitForSelector('.row:has-text("depot 9"):has-text("online"):not(:has(.cause))');
    const lists: string[] = [];
    page.on('request', (request) => request.url().includes('/environments') && lists.push(request.url()));
    await watching;
    // Each time by a new event.
    for (const seconds of ['[4-9]', '[0-3]', '[4-9]', '[0-3]'])
      await page.waitForSelector(`.row:has-text("depot 9") .seen:text-matches("^${seconds} s ago")`);
    t.deepEqual(lists, []);

    await page.focus('li:first-child .open');
    await page.keyboard.press('ArrowDown');
    t.is(await page.locator('.open:focus').innerText(), 'depot 10');
    await hub.call('PATCH', `/edge/api/environments/${id}`, { name: 'aardvark' });
    await page.waitForSelector('li:first-child .open:focus:text("aardvark")');

    await page.click('.row:has-text("depot 9") .tag:has-text("shop")');
    await page.waitForSelector('text="1 environment found"');
    await page.waitForSelector('.row:has-text("depot 9") .tag[aria-pressed=true]:has-text("shop")');
    t.deepEqual(await accessFaults(page), []);
    await page.click('.chosen .tag:has-text("shop")');
    await page.waitForSelector('text="2 environments"');
    await page.click('.row .tag:has-text("onerror")');
    await page.waitForSelector('text="1 environment found"');
    await page.click('.chosen .tag');

    await page.fill('input[type=search]', 'aardvark');
    await page.waitForSelector('text="1 environment found"');
    await hub.call('DELETE', `/edge/api/environments/${id}`);
    await page.waitForSelector('text="No environments match."');
    t.deepEqual([errors, ran], [[], []]);
  },
);

serialBrowserTest('panel: twice in a page, and leaves nothing behind when removed', async (t) => {
  t.timeout(300_000);
  await havePanel();
  const hub = await startHub(t);
  const { id } = await hub.createEnvironment({ name: 'depot' });
  const { page, errors } = await openPanel(t, hub);
  await page.addInitScript(COUNT_TIMERS);
  const open = followStreams(page);
  await page.reload();
  await page.waitForSelector('fairlead-panel .row');
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement('fairlead-panel'), { theme: 'dark' }))`,
  );
  await page.waitForSelector('fairlead-panel[theme=dark] .row');
  t.is(await page.locator('fairlead-panel .row').count(), 2);
  await open.until(2);
  t.true(Number(await page.evaluate('timers.size')) > 0);
  await page.evaluate(`document.querySelectorAll('fairlead-panel').forEach((panel) => panel.remove())`);
  await open.until(0);
  t.is(await page.evaluate('timers.size'), 0, 'nothing is left that could do anything later');
  const calls: string[] = [];
  page.on('request', (request) => calls.push(request.url()));
  await hub.call('PATCH', `/edge/api/environments/${id}`, { name: 'another' });
  await page.evaluate('new Promise(requestAnimationFrame)');
  t.deepEqual([calls, errors], [[], []]);
});

/** Keeps `timers`, the timers and frames that are due in the page; but for the dashboard's own. */
const COUNT_TIMERS = `
  const timers = (window.timers = new Set());
  for (const [begin, end] of [['setTimeout', 'clearTimeout'], ['setInterval', 'clearInterval'], ['requestAnimationFrame', 'cancelAnimationFrame']]) {
    const [start, stop] = [window[begin], window[end]];
    window[begin] = (work, ...rest) => {
      const id = start((...args) => {
        if (begin !== 'setInterval') timers.delete(begin + id);
        work(...args);
      }, ...rest);
      if (!/\\/page\\.js/.test(new Error().stack)) timers.add(begin + id);
      return id;
    };
    window[end] = (id) => {
      timers.delete(begin + id);
      stop(id);
    };
  }`;

/** The event streams that the page has open. */
function followStreams(page: Page): { until(count: number): Promise<void> } {
  const open = new Set<object>();
  let changed = () => {};
  page.on('request', (request) => {
    if (!/\/events(\?|$)/.test(request.url())) return;
    open.add(request);
    changed();
  });
  const ended = (request: object) => open.delete(request) && changed();
  page.on('requestfailed', ended).on('requestfinished', ended);
  return {
    until: (count) =>
      new Promise((resolve) => {
        changed = () => open.size === count && resolve();
        changed();
      }),
  };
}
