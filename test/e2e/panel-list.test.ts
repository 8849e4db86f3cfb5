import { startAgent } from '../helpers/agent.js';
import { serialBrowserTest } from '../helpers/browser.js';
import { startHub } from '../helpers/hub.js';
import { sharedEngine } from '../helpers/lab.js';
import { accessFaults, havePanel, openPanel } from '../helpers/panel-page.js';

const MARKUP = `<img src=x onerror="alert('pwned')">`;

serialBrowserTest('panel: lists environments as they come, go, and turn online', async (t) => {
  t.timeout(300_000);
  await havePanel();
  const hub = await startHub(t);
  const { page, errors, ran } = await openPanel(t, hub);
  await page.waitForSelector('text=None yet.');
  const { id } = await hub.createEnvironment({ name: 'depot 10', tags: [MARKUP] });
  await page.waitForSelector('.row:has-text("depot 10")');
  const { edgeId, edgeKey } = await hub.createEnvironment({ name: 'depot 9' });
  await page.waitForSelector('li:first-child .row:has-text("depot 9"):has-text("awaited")');
  t.deepEqual(await accessFaults(page), []);

  const engine = await sharedEngine();
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  await page.waitForSelector('.row:has-text("depot 9"):has-text("online"):has-text("s ago")');
  await page.focus('li:first-child .row');
  await page.keyboard.press('ArrowDown');
  t.regex(await page.locator('.row:focus').innerText(), /depot 10/);

  // Part of a name, and never of a random id.
  await page.fill('input[type=search]', 'depot 10');
  await page.waitForSelector('text="1 environment found"');
  await hub.call('DELETE', `/edge/api/environments/${id}`);
  await page.waitForSelector('text="No environment is like that."');
  t.deepEqual([errors, ran], [[], []]);
});

serialBrowserTest(
  'panel: thousands of environments are few rows in the page, and all can be reached',
  async (t) => {
    t.timeout(300_000);
    await havePanel();
    const hub = await startHub(t);
    for (let n = 1; n <= 450; n++) await hub.createEnvironment({ name: `depot ${n}` });
    const { page, errors } = await openPanel(t, hub);
    await page.waitForSelector('text="450 environments"');
    await page.waitForSelector('.row:has-text("depot 1")');
    await page.hover('.scroller');
    while ((await page.locator('.row:has-text("depot 450")').count()) === 0) {
      await page.mouse.wheel(0, 3_000);
      t.true((await page.locator('.row').count()) < 60);
    }
    t.deepEqual(errors, []);
  },
);

serialBrowserTest(
  'panel: stands twice in a page, and leaves nothing behind when it is taken out',
  async (t) => {
    t.timeout(300_000);
    await havePanel();
    const hub = await startHub(t);
    await hub.createEnvironment({ name: 'depot' });
    const { page, errors } = await openPanel(t, hub);
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('fairlead-panel'), { theme: 'dark' }))`,
    );
    await page.waitForSelector('fairlead-panel[theme=dark] .row');
    t.is(await page.locator('fairlead-panel .row').count(), 2);
    const calls: string[] = [];
    const ended = new Promise<void>((resolve) =>
      page.on('requestfailed', (request) => request.url().endsWith('/events') && resolve()),
    );
    await page.evaluate(`document.querySelectorAll('fairlead-panel').forEach((panel) => panel.remove())`);
    await ended;
    page.on('request', (request) => calls.push(request.url()));
    const { id } = await hub.createEnvironment({ name: 'another' });
    await hub.call('DELETE', `/edge/api/environments/${id}`);
    // Longer than a panel waits before it asks for its rows again.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 11_000))');
    t.deepEqual([calls, errors], [[], []]);
  },
);
