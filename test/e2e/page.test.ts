import { browserTest, openBrowser } from '../helpers/browser.js';
import { startHub } from '../helpers/hub.js';

/** A browser on a busy machine takes its time. */
const MS = 90_000;

browserTest('page: signs in, follows the events, shows what others change, and finds by name', async (t) => {
  t.timeout(300_000);
  const hub = await startHub(t);
  const page = await (await openBrowser(t)).newPage();
  page.setDefaultTimeout(MS);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(hub.origin);
  await page.fill('#password', hub.password);
  const following = page.waitForResponse((response) => response.url().endsWith('/edge/api/events'));
  await page.click('#sign-in button');
  await page.waitForSelector('#none:not([hidden])', { state: 'visible' });
  t.is((await following).status(), 200);

  const { id } = await hub.createEnvironment({ name: 'depot 10' });
  await page.waitForSelector('#environments td:text-is("depot 10")');
  await hub.createEnvironment({ name: 'depot 9' });
  await page.waitForSelector('#environments tr:first-child td:text-is("depot 9")');
  await page.fill('#search', '10');
  await page.waitForSelector('#more:text-is("1 of 1 shown.")');
  await hub.call('DELETE', `/edge/api/environments/${id}`);
  await page.waitForSelector('#more:text-is("0 of 0 shown.")');
  t.deepEqual(errors, []);
});
