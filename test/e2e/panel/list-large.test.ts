import { join } from 'node:path';
import { writeEnvironments } from '../../../bench/lab/many-environments.js';
import { countNodes, driveList } from '../../../bench/panel/drive-list.js';
import { traceTasks } from '../../../bench/panel/main-thread.js';
import { changeStatuses } from '../../../bench/panel/status-changes.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { startHub } from '../../kit/hub/hub.js';
import { tempFolder } from '../../kit/temp-folder.js';

const COUNT = 15_000;

serialBrowserTest(
  'panel: scrolling through 15,000 changing environments stays fast, and reaches all of them',
  async (t) => {
    t.timeout(300_000);
    await havePanel();
    const dataDir = await tempFolder(t);
    await writeEnvironments(join(dataDir, 'plugins/fairlead'), COUNT);
    const hub = await startHub(t, { dataDir });
    const { page, errors } = await openPanel(t, hub, ['--hide-scrollbars']);
    // As high as the list gets.
    await page.setViewportSize({ width: 1280, height: 1200 });
    await page.waitForSelector(`text="${COUNT} environments"`);
    await page.waitForSelector('li[aria-posinset="1"] .open');
    const calls: string[] = [];
    page.on('request', (request) => calls.push(new URL(request.url()).pathname));
    const mostNodes = await countNodes(page);
    const changes = changeStatuses({ port: hub.port, count: COUNT, perSecond: 50 }, (error) =>
      errors.push(error.message),
    );
    t.teardown(changes);

    const tasks = await traceTasks(page, () => driveList(page, COUNT));
    t.true(tasks.length > 0, 'the trace has tasks');
    // CPU time of the thread: other work makes each task longer by the clock.
    const longest = Math.max(...tasks.map(({ cpuMs }) => cpuMs));
    t.log(`${tasks.length} tasks, the longest ${longest} ms of CPU`);
    // Promised are 100 ms, on a machine that does nothing else.
    t.true(longest < 500, `${longest} ms`);
    const lists = calls.filter((path) => path === '/edge/api/environments').length;
    t.true(lists < COUNT / 100, `${lists} of its pages were asked for`);

    await page.focus('li[aria-posinset="15000"] .open');
    const pressed = async (key: string, place: number) => {
      await page.keyboard.press(key);
      await page.waitForSelector(`li[aria-posinset="${place}"][aria-setsize="${COUNT}"] .open:focus`);
    };
    await pressed('ArrowUp', 14_999);
    await pressed('Home', 1);
    await pressed('ArrowDown', 2);
    await pressed('End', COUNT);
    const { height = 0 } = (await page.locator('.scroller').boundingBox()) ?? {};
    const seen = Math.floor((height - 2) / 76) - 1;
    await pressed('PageUp', COUNT - seen);
    await pressed('PageDown', COUNT);

    // The wheel scrolls the focused row out of the page: the keys continue where the list is.
    await pressed('Home', 1);
    await page.hover('.scroller');
    await page.mouse.wheel(0, 300_000);
    await page.waitForSelector('.scroller:focus');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('.open:focus');

    t.true((await mostNodes()) < 2_000, `${await mostNodes()} nodes`);
    t.deepEqual(errors, []);
  },
);
