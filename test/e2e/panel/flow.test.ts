import { AgentContainer, CONTAINER } from '../../kit/agent/container.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { AGENT_IMAGE, BUSYBOX_IMAGE, sharedEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';

const COUNT = 'i=0; while :; do i=$((i+1)); echo "line $i."; sleep 0.2; done';

serialBrowserTest(
  'panel: from a name to an engine, its console, its logs, and its last snapshot',
  async (t) => {
    t.timeout(600_000);
    await havePanel();
    const engine = await sharedEngine();
    const name = `panel-flow-${process.pid}`;
    t.teardown(async () => void (await engine.docker(['rm', '-f', name], { allowFailure: true })));
    await engine.docker(['run', '-d', '--init', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', COUNT]);
    const hub = await startHub(t, { env: { FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE } });
    await hub.call('PATCH', '/edge/api/settings', { inactivitySeconds: 5, checkInSeconds: 1 });
    const { page, errors } = await openPanel(t, hub);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: hub.origin });

    await page.click('text="Create environment"');
    await page.fill('input[name=name]', 'far away');
    await page.fill('input[name=url]', `https://${engine.gateway}:${hub.port}`);
    await page.click('button:text-is("Create")');
    await page.click('button:text-is("Copy")');
    await page.waitForSelector('text=/^Copied/');
    const agent = new AgentContainer(t, engine);
    await agent.paste(await page.evaluate('navigator.clipboard.readText()'));
    await page.waitForSelector('text="Everything works."');
    await page.click('text="Open the environment"');

    await page.click(`[aria-label="Console of ${name}"]`);
    await page.waitForSelector('text="Connected"');
    await page.keyboard.type('ls /\n');
    await page.waitForSelector('.xterm-rows:has-text("etc")');
    await page.click(`[aria-label="Logs of ${name}"]`);
    await page.waitForSelector('text=/line [0-9]+\\./');
    await page.click(`[aria-label="Stop ${name}"]`);
    await page.waitForSelector(`[data-name="${name}"]:has-text("Exited")`);

    await page.click('text="All environments"');
    await page.waitForSelector('.row:has-text("far away"):has-text("Tunnel idle")');
    await engine.docker(['stop', CONTAINER]);
    await hub.until(1, ({ status }) => status === 'offline');
    await page.click('.row:has-text("far away")');
    await page.waitForSelector('text=/This is the snapshot of \\d+ (s|min) ago/');
    await page.waitForSelector(`[data-name="${name}"]:has-text("Exited")`);
    t.is(await page.locator(`[data-name="${name}"] button`).count(), 0);
    t.deepEqual(errors, []);
  },
);
