import { browserTest, openBrowser } from '../../kit/browser/browser.js';
import { havePanel } from '../../kit/browser/panel-page.js';
import { startHub } from '../../kit/hub/hub.js';

/** A browser on a busy machine is slow. */
const MS = 90_000;

browserTest(
  'page: signs in, shows the panel while its plugin is on, and nothing after signing out',
  async (t) => {
    t.timeout(300_000);
    await havePanel();
    const hub = await startHub(t);
    const page = await (await openBrowser(t)).newPage();
    page.setDefaultTimeout(MS);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(hub.origin);
    await page.fill('#password', hub.password);
    await page.click('#sign-in button');
    await page.waitForSelector('fairlead-panel h2:text-is("Environments")');

    await page.click('button:text-is("Disable")');
    await page.waitForSelector('fairlead-panel', { state: 'detached' });
    await page.click('button:text-is("Enable")');
    await page.waitForSelector('fairlead-panel h2:text-is("Environments")');

    await page.click('#sign-out');
    await page.waitForSelector('#password', { state: 'visible' });
    t.is(await page.locator('fairlead-panel').count(), 0);
    t.deepEqual(errors, []);
  },
);
