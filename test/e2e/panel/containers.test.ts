import { createHash, randomBytes } from 'node:crypto';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { accessFaults } from '../../kit/browser/panel-page.js';
import { untilTunnel } from '../../kit/hub-and-agent.js';
import { fileScope } from '../../kit/scope.js';
import {
  type ContainersPage,
  checkLayout,
  MARKUP,
  openTool,
  rowOf,
  runContainer,
  startContainersPage,
} from './kit/containers-page.js';

const scope = fileScope();
let started: Promise<ContainersPage> | undefined;
function thePanel(): Promise<ContainersPage> {
  started ??= startContainersPage(scope);
  return started;
}

const has = (name: string, text: string) => `${rowOf(name)}:has-text("${text}")`;

serialBrowserTest('containers: actions on one and on several, each with its outcome', async (t) => {
  t.timeout(300_000);
  const panel = await thePanel();
  const { page, engine } = panel;
  const one = await runContainer(t, panel, 'one', ['-v', '/data'], 'sleep', '3600');
  const other = await runContainer(t, panel, 'other', ['-p', '0:80'], 'sleep', '3600');
  await page.waitForSelector(has(other, '→80/tcp'));
  const act = async (label: string, ...names: string[]) => {
    for (const name of names) await page.check(`[aria-label="Select ${name}"]`);
    await page.click(`.bulk button:has-text("${label}")`);
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
  await checkLayout(t, page, 'list');

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
  await page.waitForSelector(rowOf(one), { state: 'detached' });
  t.not((await engine.docker(['volume', 'inspect', volume], { allowFailure: true })).code, 0);
  t.deepEqual(await accessFaults(page), []);
  await page.click('button:text-is("Dismiss")');
  await page.click('.bulk button:has-text("Remove")');
  await page.check('dialog input[value=force]');
  await page.click('dialog button:text-is("Remove")');
  await page.waitForSelector(rowOf(other), { state: 'detached' });
});

serialBrowserTest(
  'console: a paste of 1 MB, command, user, size, copy, and leaving by keyboard',
  async (t) => {
    t.timeout(300_000);
    const panel = await thePanel();
    const { page, errors } = panel;
    const name = await runContainer(t, panel, 'console', [], 'sleep', '3600');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await openTool(page, 'Console', name);
    await page.waitForSelector('text="Connected"');
    await checkLayout(t, page, 'console');
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
    await checkLayout(t, page, 'console-ended');
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
  'stats and inspection: figures, charts, facts and the whole JSON; markup does not run',
  async (t) => {
    t.timeout(300_000);
    const panel = await thePanel();
    const { page, errors, ran, engine, hub, created } = panel;
    const name = await runContainer(
      t,
      panel,
      'facts',
      ['--label', `x=${MARKUP}`, '-e', `EVIL=${MARKUP}`, '-v', '/data', '-p', '0:80'],
      'sh',
      '-c',
      'while :; do :; done',
    );
    const calls = async () => (await untilTunnel(hub, created.id, () => true)).view.calls;
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);
    await openTool(page, 'Stats', name);
    await page.waitForSelector('p:has-text("used"):has-text("100 % is one of")');
    await page.waitForSelector('.value:text-matches("used [0-9.]*[1-9][0-9.]* %")');
    t.is(await page.locator('fairlead-chart canvas').count(), 4);
    t.is(await calls(), 2);
    await checkLayout(t, page, 'stats');
    await page.click('section .close');
    await page.waitForSelector(`[aria-label="Stats of ${name}"]:focus`);
    await untilTunnel(hub, created.id, ({ calls }) => calls === 1);

    await openTool(page, 'Inspect', name);
    for (const fact of ['sh -c', 'running', 'EVIL=<img', 'x=<img', '→ 80/tcp', 'volume ', 'bridge: 1'])
      await page.waitForSelector(`dd:has-text("${fact}")`);
    await page.fill('section input[type=search]', 'onerror');
    await page.waitForSelector('.count:has-text("found")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('pre .current mark:text-is("onerror")');
    await checkLayout(t, page, 'inspect');
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
