import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { accessFaults, havePanel, openPanel, type PanelPage } from '../../kit/browser/panel-page.js';
import { BUSYBOX_IMAGE, type SharedEngine, sharedEngine } from '../../kit/engine/lab.js';
import { type Line, startLine, untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';

const MARKUP = `<img src=x onerror="alert('pwned')"><script>alert('pwned')</script>`;
/** Five times what is promised: the machine may be busy. */
const MAX_CLICK_MS = 5 * 200;
const scope = fileScope();
const NAME = `pc-${process.pid}`;

interface World extends Line, PanelPage {
  readonly engine: SharedEngine;
}

let started: Promise<World> | undefined;
/** A hub, its environment open in a browser. */
function theWorld(): Promise<World> {
  started ??= (async () => {
    await havePanel();
    const engine = await sharedEngine();
    const line = await startLine(scope);
    const panel = await openPanel(scope, line.hub);
    await panel.page.click(`.row:has-text(${JSON.stringify(line.created.name)})`);
    await panel.page.waitForSelector('h3:has-text("Containers:")');
    return { ...line, ...panel, engine };
  })();
  return started;
}

/** Runs a container; it is removed in the end. */
async function run(
  t: ExecutionContext,
  name: string,
  options: string[],
  ...command: string[]
): Promise<string> {
  const { engine, page } = await theWorld();
  const full = `${NAME}-${name}`;
  t.teardown(async () => void (await engine.docker(['rm', '-fv', full], { allowFailure: true })));
  await engine.docker(['run', '-d', '--init', '--name', full, ...options, BUSYBOX_IMAGE, ...command]);
  await page.fill('.filter input', NAME);
  await page.waitForSelector(row(full));
  return full;
}

const row = (name: string) => `[data-name="${name}"]`;
const has = (name: string, words: string) => `${row(name)}:has-text("${words}")`;

async function open(page: Page, tool: string, name: string): Promise<void> {
  await page.click(`[aria-label="${tool} of ${name}"]`);
  await page.waitForSelector(`section[aria-label$="of ${name}"]`);
}

async function looksRight(t: ExecutionContext, page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    t.deepEqual(await accessFaults(page), [], `${what}, ${colorScheme}`);
    await shot(page, `${what}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  const { width = 1280, height = 720 } = page.viewportSize() ?? {};
  await page.setViewportSize({ width: 360, height: 740 });
  const over = () =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  t.is(await over(), 0, `${what}: sideways`);
  await shot(page, `${what}-360`);
  await page.setViewportSize({ width, height });
}

/** Read in one moment: how many lines have come, what number the last one says it has, how many nodes there are, comments included. */
function look(
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
    // Behind it there may be one that still grows.
    const last = Number(/line ([0-9]+)/.exec(lines.querySelector('[data-number="' + (kept + skipped - 1) + '"]').textContent)[1]);
    let nodes = 0;
    for (const walker = document.createTreeWalker(lines); walker.nextNode(); ) nodes++;
    return { count: kept + skipped, kept, last, nodes, atMs: performance.now() };
  })()`);
}

async function shot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}

serialBrowserTest(
  'containers: each action does what it says; of several, each has its own result',
  async (t) => {
    t.timeout(300_000);
    const { page, engine } = await theWorld();
    const one = await run(t, 'one', ['-v', '/data'], 'sleep', '3600');
    const other = await run(t, 'other', ['-p', '0:80'], 'sleep', '3600');
    await page.waitForSelector(has(other, '→80/tcp'));
    const act = async (words: string, ...names: string[]) => {
      for (const name of names) await page.check(`[aria-label="Select ${name}"]`);
      await page.click(`.bulk button:has-text("${words}")`);
      for (const name of names)
        await page.uncheck(`[aria-label="Select ${name}"]`, { timeout: 1_000 }).catch(() => undefined);
    };
    await act('Pause', one, other);
    for (const name of [one, other]) await page.waitForSelector(has(name, 'Paused'));
    await page.waitForSelector('text="Pause: 2 of 2 done"');
    await act('Unpause', one);
    await page.waitForSelector(`${has(one, 'Up')}:not(:has-text("Paused"))`);
    const startOf = async () => (await engine.docker(['inspect', '-f', '{{.State.StartedAt}}', one])).stdout;
    const before = await startOf();
    await page.click(`[aria-label="Restart ${one}"]`);
    while ((await startOf()) === before);
    await page.waitForSelector(has(one, 'Up'));
    await act('Kill', one);
    await page.waitForSelector(has(one, 'Exited (137)'));
    await page.click(`[aria-label="Start ${one}"]`);
    await page.waitForSelector(has(one, 'Up'));
    await page.click(`[aria-label="Stop ${one}"]`);
    await page.waitForSelector(has(one, 'Exited'));
    await looksRight(t, page, 'list');

    const volume = (await engine.docker(['inspect', '-f', '{{(index .Mounts 0).Name}}', one])).stdout.trim();
    for (const name of [one, other]) await page.check(`[aria-label="Select ${name}"]`);
    await page.click('.bulk button:has-text("Remove")');
    await page.waitForSelector('dialog h2:text("Remove 2 containers?")');
    for (const name of [one, other]) await page.waitForSelector(`dialog li:text-is("${name}")`);
    t.deepEqual(await accessFaults(page), []);
    await page.check('dialog input[value=volumes]');
    await page.click('dialog button:text-is("Remove")');
    await page.waitForSelector('text="Remove: 2 of 2 done, 1 failed"');
    await page.waitForSelector(`.outcomes li:has-text("${one}"):has-text("done")`);
    await page.waitForSelector(`.outcomes li:has-text("${other}"):has-text("paused container")`);
    await page.waitForSelector(row(one), { state: 'detached' });
    t.not((await engine.docker(['volume', 'inspect', volume], { allowFailure: true })).code, 0);
    t.deepEqual(await accessFaults(page), []);
    await page.click('button:text-is("Dismiss")');
    await page.click('.bulk button:has-text("Remove")');
    await page.check('dialog input[value=force]');
    await page.click('dialog button:text-is("Remove")');
    await page.waitForSelector(row(other), { state: 'detached' });
  },
);

serialBrowserTest(
  'logs: lines are found, filtered, told apart, saved; they go on after a restart; nothing in them runs',
  async (t) => {
    t.timeout(300_000);
    const { page, engine, errors, ran } = await theWorld();
    // An engine reads either stream by itself: what is written at one moment comes in any order.
    const script = `i=0; trap 'exit 3' TERM; while [ $i -lt 250 ]; do i=$((i+1)); echo "out $i"; done; sleep 1; echo '${MARKUP.replaceAll("'", '"')}' >&2; sleep 1; echo needle; echo up; while :; do sleep 1 & wait; done`;
    const name = await run(t, 'logs', [], 'sh', '-c', script);
    await open(page, 'Logs', name);
    const pane = page.locator('fairlead-log-pane');
    await page.waitForSelector('.lines .error:has-text("<script>"):has-text("err")');
    await page.waitForSelector('.counts:text-is("253 lines")');
    await looksRight(t, page, 'logs');

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
    await looksRight(t, page, 'logs-found');
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
  'logs: at 10,000 lines a second a click is answered, the page stays small, no line is lost',
  async (t) => {
    t.timeout(300_000);
    const { page } = await theWorld();
    const script = `awk 'BEGIN { for (;;) { for (k = 0; k < 1200; k++) { i++; print "line " i " of a container that says a lot, as some do" } fflush(); system("usleep 45000") } }'`;
    const name = await run(t, 'fast', [], 'sh', '-c', script);
    await page.evaluate(`
    window.clicks = { events: [], effects: [] };
    new PerformanceObserver((list) => clicks.events.push(...list.getEntries().filter(({ name }) => name === 'click').map(({ duration }) => duration)))
      .observe({ type: 'event', durationThreshold: 16 });
    addEventListener('click', (event) => {
      const [button] = event.composedPath();
      const before = button.ariaPressed;
      const look = () => button.ariaPressed === before ? requestAnimationFrame(look) : clicks.effects.push(performance.now() - event.timeStamp);
      requestAnimationFrame(look);
    }, true);`);
    await open(page, 'Logs', name);
    await page.selectOption('select', 'all');
    await page.waitForSelector('.counts:has-text("older ones skipped")');
    const first = await look(page);
    for (let round = 0; round < 12; round++) await page.click('button:text-is("Follow")', { delay: 20 });
    // Not by waitForFunction, which the page's policy lets look but once.
    await page.evaluate(`new Promise((resolve) => {
      const look = () => (clicks.effects.length >= 12 ? resolve() : requestAnimationFrame(look));
      look();
    })`);
    await page.waitForSelector('button:text-is("Follow")[aria-pressed=true]');
    let last = await look(page);
    while (last.atMs - first.atMs < 6_000) last = await look(page);
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
    await looksRight(t, page, 'logs-paused');
    await page.click('button:text-is("Follow")');
    await page.waitForSelector('.counts:not(:has-text("Paused until"))');
    const after = await look(page);
    t.is(after.last, after.count);
    t.log(`${Math.round(rate)} lines a second`);
  },
);

serialBrowserTest(
  'console: a paste of 1 MB arrives whole; command, user, size, copies, and a way out by keyboard',
  async (t) => {
    t.timeout(300_000);
    const { page, errors } = await theWorld();
    const name = await run(t, 'console', [], 'sleep', '3600');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(page, 'Console', name);
    await page.waitForSelector('text="Connected"');
    await looksRight(t, page, 'console');
    await page.click('.screen');

    const bytes = 1024 * 1024;
    const paste = randomBytes(bytes).toString('base64').slice(0, bytes);
    await page.keyboard.type(`stty raw -echo; echo ready.; head -c ${bytes} | sha256sum; stty sane\n`);
    await page.waitForSelector('.xterm-rows:has-text("ready.")');
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(paste)})`);
    await page.keyboard.press('Control+Shift+V');
    const digest = createHash('sha256').update(paste).digest('hex');
    await page.waitForSelector(`.xterm-rows:has-text("${digest}")`);

    await page.keyboard.type('clear; echo copy-$((40+2))\n');
    await page.waitForSelector('.xterm-rows:has-text("copy-42")');
    const box = await page.locator('.xterm-rows span:has-text("copy-42")').first().boundingBox();
    await page.mouse.dblclick((box?.x ?? 0) + 10, (box?.y ?? 0) + 5);
    await page.keyboard.press('Control+Shift+C');
    while (!(await page.evaluate<string>('navigator.clipboard.readText()')).includes('copy-42'));
    await page.keyboard.press('Control+Shift+X');
    await page.waitForSelector('.close:focus');
    await page.keyboard.press('Tab');
    await page.keyboard.type(`sh -c 'id -u; stty size; exit 7'`);
    await page.keyboard.press('Tab');
    await page.keyboard.type('65534');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text="Exited with code 7"');
    await page.waitForSelector('.xterm-rows:has-text("65534")');
    await looksRight(t, page, 'console-ended');
    await page.fill(
      'input[name=command]',
      `sh -c 'yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c 60000000; echo end.'`,
    );
    await page.click('button:text-is("Reconnect")');
    await page.waitForSelector('text="Exited with code 0"');
    await page.waitForSelector('.xterm-rows:has-text("end.")');
    t.deepEqual(errors, []);
  },
);

serialBrowserTest(
  'stats and inspection: figures in words and charts, facts, the whole JSON; nothing in them runs',
  async (t) => {
    t.timeout(300_000);
    const { page, errors, ran, engine, hub, created } = await theWorld();
    const name = await run(
      t,
      'facts',
      ['--label', `x=${MARKUP}`, '-e', `EVIL=${MARKUP}`, '-v', '/data', '-p', '0:80'],
      'sh',
      '-c',
      'while :; do :; done',
    );
    const calls = async () => (await untilTunnel(hub, created.id, () => true)).view.calls;
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);
    await open(page, 'Stats', name);
    await page.waitForSelector('p:has-text("used"):has-text("100 % is one of")');
    await page.waitForSelector('.value:text-matches("used [0-9.]*[1-9][0-9.]* %")');
    t.is(await page.locator('fairlead-chart canvas').count(), 4);
    t.is(await calls(), 2);
    await looksRight(t, page, 'stats');
    await page.click('section .close');
    await page.waitForSelector(`[aria-label="Stats of ${name}"]:focus`);
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);

    await open(page, 'Inspect', name);
    for (const fact of ['sh -c', 'running', 'EVIL=<img', 'x=<img', '→ 80/tcp', 'volume ', 'bridge: 1'])
      await page.waitForSelector(`dd:has-text("${fact}")`);
    await page.fill('section input[type=search]', 'onerror');
    await page.waitForSelector('.count:has-text("found")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('pre .current mark:text-is("onerror")');
    await looksRight(t, page, 'inspect');
    await page.click('button:text-is("Copy JSON")');
    await page.waitForSelector('text="Copied"');
    const copied: { Config: { Labels: { x: string } } } = JSON.parse(
      await page.evaluate('navigator.clipboard.readText()'),
    );
    t.is(copied.Config.Labels.x, MARKUP);
    await engine.docker(['pause', name]);
    await page.waitForSelector('dd:has-text("paused")');
    await engine.docker(['rm', '-f', name]);
    await page.waitForSelector('text=This container was removed.');
    t.deepEqual(await accessFaults(page), []);
    await page.click('section .close');
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);
    t.deepEqual([errors, ran], [[], []]);
  },
);
