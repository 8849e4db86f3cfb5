import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { fileScope } from '../../kit/scope.js';
import {
  type ContainersPage,
  checkLayout,
  MARKUP,
  openTool,
  runContainer,
  startContainersPage,
} from './kit/containers-page.js';

/** Five times what is promised: the machine may be busy. */
const MAX_CLICK_MS = 5 * 200;
const scope = fileScope();
let started: Promise<ContainersPage> | undefined;
function thePanel(): Promise<ContainersPage> {
  started ??= startContainersPage(scope);
  return started;
}

/** At one moment: the number of lines, the number in the last line, and the number of nodes, comments included. */
function measure(
  page: Page,
): Promise<{ count: number; kept: number; last: number; nodes: number; atMs: number }> {
  return page.evaluate(`(() => {
    const find = (selector, root = document) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.matches(selector)) return element;
        const inside = element.shadowRoot && find(selector, element.shadowRoot);
        if (inside) return inside;
      }
      return null;
    };
    const [kept = 0, skipped = 0] = (find('.counts').textContent.match(/[0-9]+/g) ?? []).map(Number);
    const lines = find('.lines');
    // An unfinished line may follow it.
    const last = Number(/line ([0-9]+)/.exec(lines.querySelector('[data-number="' + (kept + skipped - 1) + '"]').textContent)[1]);
    let nodes = 0;
    for (const walker = document.createTreeWalker(lines); walker.nextNode(); ) nodes++;
    return { count: kept + skipped, kept, last, nodes, atMs: performance.now() };
  })()`);
}

serialBrowserTest(
  'logs: search, filter, streams, download and a restart; markup in lines does not run',
  async (t) => {
    t.timeout(300_000);
    const panel = await thePanel();
    const { page, engine, errors, ran } = panel;
    // An engine reads the two streams separately: simultaneous writes arrive in any order.
    const script = `i=0; trap 'exit 3' TERM; while [ $i -lt 250 ]; do i=$((i+1)); echo "out $i"; done; sleep 1; echo '${MARKUP.replaceAll("'", '"')}' >&2; sleep 1; echo needle; echo up; while :; do sleep 1 & wait; done`;
    const name = await runContainer(t, panel, 'logs', [], 'sh', '-c', script);
    await openTool(page, 'Logs', name);
    const pane = page.locator('fairlead-log-pane');
    await page.waitForSelector('.lines .error:has-text("<script>"):has-text("err")');
    await page.waitForSelector('.counts:text-is("253 lines")');
    await checkLayout(t, page, 'logs');

    await page.fill('input[type=search] >> nth=0', 'OUT 24');
    await page.waitForSelector('.count:text-is("11 found")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.count:text-is("1 of 11")');
    await page.waitForSelector('.current:has-text("out 24") mark:text-is("out 24")');
    await page.keyboard.press('Shift+Enter');
    await page.waitForSelector('.current:has-text("out 249")');
    t.is(await page.getAttribute('button:text-is("Follow")', 'aria-pressed'), 'false');
    await page.check('text="Matching lines only"');
    t.is(await pane.locator('.lines > div').count(), 11);
    await page.check('text="Timestamps"');
    await page.waitForSelector('.lines > div .time:has-text("T")');
    await checkLayout(t, page, 'logs-found');
    await page.uncheck('text="Matching lines only"');

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      (async () => {
        // No picker in a test: the way of browsers that have none.
        await page.evaluate('delete window.showSaveFilePicker; window.showSaveFilePicker = undefined');
        await page.click('button:text-is("Download")');
      })(),
    ]);
    t.regex(download.suggestedFilename(), new RegExp(`^${name}-[-0-9T]+\\.log$`));
    const saved = (await readFile(await download.path(), 'utf8')).split('\n');
    t.is(saved.length, 254);
    t.regex(saved[0] ?? '', /^\d{4}-\S+Z out 1$/);
    await page.waitForSelector('text="Downloaded"');

    await page.focus('.lines');
    await page.keyboard.press('End');
    await engine.docker(['restart', '-t', '5', name]);
    await page.waitForSelector('.counts:text-is("506 lines")');
    await page.hover('.lines');
    await page.mouse.wheel(0, -400);
    await page.waitForSelector('button:text-is("Follow")[aria-pressed=false]');
    await page.selectOption('select', '100');
    await page.waitForSelector('.counts:text-is("100 lines")');
    await page.waitForSelector('button:text-is("Follow")[aria-pressed=true]');
    t.deepEqual([errors, ran], [[], []]);
  },
);

serialBrowserTest(
  'logs: at 10,000 lines a second clicks respond, the page stays small, and no line is lost',
  async (t) => {
    t.timeout(300_000);
    const panel = await thePanel();
    const { page } = panel;
    const script = `awk 'BEGIN { for (;;) { for (k = 0; k < 1200; k++) { i++; print "line " i " of a container that prints a lot, as some do" } fflush(); system("usleep 45000") } }'`;
    const name = await runContainer(t, panel, 'fast', [], 'sh', '-c', script);
    await page.evaluate(`
    window.clicks = { events: [], effects: [] };
    new PerformanceObserver((list) => clicks.events.push(...list.getEntries().filter(({ name }) => name === 'click').map(({ duration }) => duration)))
      .observe({ type: 'event', durationThreshold: 16 });
    addEventListener('click', (event) => {
      const [button] = event.composedPath();
      const before = button.ariaPressed;
      const check = () => button.ariaPressed === before ? requestAnimationFrame(check) : clicks.effects.push(performance.now() - event.timeStamp);
      requestAnimationFrame(check);
    }, true);`);
    await openTool(page, 'Logs', name);
    await page.selectOption('select', 'all');
    await page.waitForSelector('.counts:has-text("older ones skipped")');
    const first = await measure(page);
    for (let round = 0; round < 12; round++) await page.click('button:text-is("Follow")', { delay: 20 });
    // Not waitForFunction: the page's policy lets it check only once.
    await page.evaluate(`new Promise((resolve) => {
      const check = () => (clicks.effects.length >= 12 ? resolve() : requestAnimationFrame(check));
      check();
    })`);
    await page.waitForSelector('button:text-is("Follow")[aria-pressed=true]');
    let last = await measure(page);
    while (last.atMs - first.atMs < 6_000) last = await measure(page);
    const rate = ((last.count - first.count) / (last.atMs - first.atMs)) * 1000;
    const clicks = (await page.evaluate('clicks')) as { events: number[]; effects: number[] };
    t.log(
      `${Math.round(rate)} lines/s; clicks answered after ${clicks.effects.map(Math.round).join(', ')} ms; events ${clicks.events.join(', ')} ms; ${last.nodes} nodes, ${last.kept} lines kept`,
    );
    t.is(last.last, last.count);
    t.true(last.nodes <= 6_000 && last.kept <= 20_000);
    t.true(Math.max(...clicks.effects, ...clicks.events) < MAX_CLICK_MS);

    await page.click('button:text-is("Follow")');
    const paused = await page.locator('.lines > div').first().textContent();
    await page.waitForSelector('.counts:has-text("Paused until")');
    t.is(await page.locator('.lines > div').first().textContent(), paused);
    await checkLayout(t, page, 'logs-paused');
    await page.click('button:text-is("Follow")');
    await page.waitForSelector('.counts:not(:has-text("Paused until"))');
    const after = await measure(page);
    t.is(after.last, after.count);
    t.log(`${Math.round(rate)} lines a second`);
  },
);
