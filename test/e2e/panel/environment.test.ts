import { startAgent } from '../../kit/agent/agent.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { accessFaults, havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { BUSYBOX_IMAGE, sharedEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import { startHubAndAgent } from '../../kit/hub-and-agent.js';

const MARKUP = `<img src=x onerror="alert('pwned')"><script>alert('pwned')</script>`;
const LOG = String.raw`i=0; while :; do i=$((i+1)); printf '\033]0;pwned\007\033[31mline %s\033[0m ${MARKUP.replaceAll("'", '"')}\n' $i; sleep 0.2; done`;

serialBrowserTest(
  'panel: an environment opens; a container is stopped, its log followed, its console used',
  async (t) => {
    t.timeout(400_000);
    await havePanel();
    const engine = await sharedEngine();
    const name = `panel-${process.pid}`;
    t.teardown(
      async () => void (await engine.docker(['rm', '-f', name, `${name}-other`], { allowFailure: true })),
    );
    const run = (as: string, command: string) =>
      engine.docker([
        'run',
        '-d',
        '--init',
        '--name',
        as,
        '--label',
        `x=${MARKUP}`,
        BUSYBOX_IMAGE,
        'sh',
        '-c',
        command,
      ]);
    await run(name, LOG);
    await run(`${name}-other`, 'sleep 3600');
    const { hub, created } = await startHubAndAgent(t);
    const { page, errors, ran } = await openPanel(t, hub);
    await page.click(`.row:has-text(${JSON.stringify(created.name)})`);
    t.is(new URL(page.url()).hash, `#fairlead/environments/${created.id}`);
    await page.waitForSelector(`[data-name="${name}"]:has-text("Up")`);
    t.deepEqual(await accessFaults(page), []);

    await page.click(`[aria-label="Logs of ${name}"]`);
    const lines = page.locator('fairlead-log-pane .lines');
    await page.waitForSelector('.lines:has-text("line 3 ")');
    const text = await lines.innerText();
    t.true(text.includes('<script>'));
    for (const removed of ['\u001b', '0;pwned', '[31m']) t.false(text.includes(removed), removed);
    const count = (await lines.innerText()).split('\n').length;
    await page.waitForSelector(`.lines:has-text("line ${count + 3} ")`);
    t.deepEqual(await accessFaults(page), []);

    await page.click(`[aria-label="Console of ${name}"]`);
    await page.waitForSelector('text="Connected"');
    await page.keyboard.type('ls /; echo $((40 + 2)).\n');
    await page.waitForSelector('.xterm-rows:has-text("etc"):has-text("42.")');
    await page.keyboard.type('exit 7\n');
    await page.waitForSelector('text="Exited with code 7"');
    t.deepEqual(await accessFaults(page), []);

    await page.click(`[aria-label="Stop ${name}-other"]`);
    await page.waitForSelector(`[data-name="${name}-other"]:has-text("Exited")`);
    await engine.docker(['start', `${name}-other`]);
    await page.waitForSelector(`[data-name="${name}-other"]:has-text("Up")`);
    await engine.docker(['rename', `${name}-other`, `${name}-renamed`]);
    t.teardown(
      async () => void (await engine.docker(['rm', '-f', `${name}-renamed`], { allowFailure: true })),
    );
    await page.waitForSelector(`[data-name="${name}-renamed"]`);
    await page.reload();
    await page.waitForSelector(`[data-name="${name}-renamed"]`);
    await page.goBack();
    await page.waitForSelector(`.row:has-text(${JSON.stringify(created.name)})`);
    t.deepEqual([errors, ran], [[], []]);
  },
);

serialBrowserTest(
  'panel: a new environment shows its agent’s first contact; once offline, its snapshot',
  async (t) => {
    t.timeout(400_000);
    await havePanel();
    const engine = await sharedEngine();
    const name = `panel-snapshot-${process.pid}`;
    t.teardown(async () => void (await engine.docker(['rm', '-f', name], { allowFailure: true })));
    await engine.docker(['run', '-d', '--init', '--name', name, BUSYBOX_IMAGE, 'sleep', '3600']);
    const hub = await startHub(t);
    await hub.call('PATCH', '/edge/api/settings', { checkInSeconds: 1 });
    const { page, errors, ran } = await openPanel(t, hub);
    await page.click('text="Create environment"');
    await page.fill('input[name=name]', MARKUP.slice(0, 40));
    t.deepEqual(await accessFaults(page), []);
    await page.click('button:text-is("Create")');
    await page.waitForSelector('text=Waiting for the agent');
    t.deepEqual(await accessFaults(page), []);
    await page.click('role=tab[name="Podman"]');
    await page.waitForSelector('pre:has-text("podman run")');
    const command = await page.locator('[role=tabpanel] pre').innerText();
    const [, edgeId = ''] = /EDGE_ID=(\S+)/.exec(command) ?? [];
    const [, edgeKey = ''] = /EDGE_KEY=(\S+)/.exec(command) ?? [];
    const agent = await startAgent(t, { edgeId, edgeKey, engine: engine.socketPath });
    await page.waitForSelector('text="The agent checks in."');
    await hub.until(1, ({ snapshot }) => snapshot !== null);
    await agent.child.kill('SIGKILL');
    await hub.until(1, ({ status }) => status === 'offline');
    await page.click('button.main');
    await page.waitForSelector(`text=/This is the snapshot of \\d+ (s|min) ago/`);
    await page.waitForSelector(`[data-name="${name}"]`);
    t.is(await page.locator(`[data-name="${name}"] button`).count(), 0);
    t.deepEqual(await accessFaults(page), []);
    t.deepEqual([errors, ran], [[], []]);
  },
);
