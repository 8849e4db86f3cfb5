import { serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { BUSYBOX_IMAGE, sharedEngine } from '../../kit/engine/lab.js';
import { startHubAndAgent } from '../../kit/hub-and-agent.js';

const HOURS = 36;

serialBrowserTest('panel: ages are right in a browser whose clock is 36 hours ahead', async (t) => {
  t.timeout(400_000);
  await havePanel();
  const engine = await sharedEngine();
  const name = `hub-time-${process.pid}`;
  const remove = () => engine.docker(['rm', '-f', name], { allowFailure: true });
  t.teardown(async () => {
    await remove();
    await engine.docker(['rmi', `${name}:1`], { allowFailure: true });
    await engine.docker(['volume', 'rm', name], { allowFailure: true });
  });
  await engine.docker(['run', '-d', '--name', name, BUSYBOX_IMAGE, 'true']);
  await engine.docker(['commit', name, `${name}:1`]);
  await engine.docker(['volume', 'create', name]);
  const { hub, created, agent } = await startHubAndAgent(t);
  await hub.call('POST', '/edge/api/webhooks', { name });
  const { page, errors } = await openPanel(t, hub);
  await page.addInitScript(
    `{ const now = Date.now.bind(Date); Date.now = () => now() + ${HOURS} * 3_600_000; }`,
  );
  await page.reload();

  const age = async (what: string, selector: string) => {
    const text = (await page.locator(selector).first().textContent()) ?? '';
    t.regex(text, /\d+ (s|min) ago/, what);
    t.notRegex(text, /\d+ (h|d) ago/, what);
  };
  const row = `.row:has-text(${JSON.stringify(created.name)})`;
  await page.waitForSelector(row);
  t.true(await page.evaluate<boolean>(`Date.now() - ${Date.now()} > 35 * 3_600_000`), 'the clock is wrong');
  await age('last check-in, in the list', `${row} .seen`);
  await page.click(row);
  await page.waitForSelector('h3:has-text("Containers:")');
  await age('last check-in', '.soft:has-text("Last check-in")');
  for (const [section, selector] of [
    ['images', `[data-name="${name}:1"]`],
    ['volumes', `[data-name="${name}"]`],
    ['events', `li:has-text("${name}")`],
  ] as const) {
    await page.evaluate(`location.hash = '#fairlead/environments/${created.id}/${section}'`);
    await page.waitForSelector(selector);
    await age(section, selector);
  }
  await page.evaluate(`location.hash = '#fairlead/settings'`);
  const webhook = 'p.soft:has-text("Created ")';
  await page.waitForSelector(webhook);
  await age('webhook', webhook);

  await agent.child.kill('SIGKILL');
  await hub.until(created.id, ({ status }) => status === 'offline', 120_000);
  await page.evaluate(`location.hash = '#fairlead/environments/${created.id}'`);
  const snapshot = '.notice:has-text("This is the snapshot of")';
  await page.waitForSelector(snapshot);
  await age('snapshot', snapshot);
  t.deepEqual(errors, []);
});
