import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { layoutFaults } from '../../kit/browser/panel-faults.js';
import { accessFaults, havePanel, openPanel } from '../../kit/browser/panel-page.js';
import { startDocker } from '../../kit/docker/session.js';
import { startHub } from '../../kit/hub/hub.js';
import { startHubAndAgent } from '../../kit/hub-and-agent.js';
import { tempFolder } from '../../kit/temp-folder.js';

serialBrowserTest(
  'panel: the certificate it creates connects the docker CLI, until it is revoked',
  async (t) => {
    t.timeout(400_000);
    await havePanel();
    const hub = await startHub(t, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
    const { created } = await startHubAndAgent(t, { hub });
    const { page, errors, ran } = await openPanel(t, hub);
    await page.click(`.row:has-text(${JSON.stringify(created.name)})`);
    await page.click('button:text-is("Connect a client")');
    await page.waitForSelector('h2:has-text("Connect a Docker client"):focus');
    await page.waitForSelector('text="None yet."');
    t.deepEqual(await accessFaults(page), []);

    await page.click('button:text-is("Create certificate")');
    await page.waitForSelector('.field:has(input[name=name][aria-invalid=true])');
    await page.fill('input[name=name]', 'laptop of ann');
    await page.selectOption('select[name=days]', '1');
    await page.click('button:text-is("Create certificate")');
    await page.waitForSelector('text=/its key is shown only once/');
    t.deepEqual([await accessFaults(page), await layoutFaults(page)], [[], []]);

    const home = await tempFolder(t);
    const downloads = join(home, 'Downloads');
    await mkdir(downloads);
    const saving = page.waitForEvent('download');
    await page.click('button:text-is("Download certificate")');
    const download = await saving;
    await download.saveAs(join(downloads, download.suggestedFilename()));
    const textOf = (label: string) => page.locator(`[role=group][aria-label="${label}"]`).innerText();
    const unpack = await textOf('the command that unpacks it');
    const use = await textOf('the text for docker context');
    const shell = {
      kind: 'hub' as const,
      program: 'sh',
      args: ['-ec'],
      env: { PATH: process.env.PATH, HOME: home },
    };
    const shown = await startDocker(t, shell, [`${unpack}\n${use}`]).end();
    t.is(shown.code, 0, shown.stderr);
    t.regex(shown.stdout, /CONTAINER ID/);
    for (const label of [
      'DOCKER_HOST',
      'Compose',
      'Testcontainers',
      'VS Code',
      'Ansible',
      'Terraform',
      'Prometheus',
    ]) {
      await page.click(`role=tab[name="${label}"]`);
      t.deepEqual(await layoutFaults(page), [], label);
    }

    await page.click('role=button[name="Revoke the certificate of laptop of ann"]');
    await page.click('dialog button:text-is("Revoke")');
    await page.waitForSelector('text="None yet."');
    const [, last = ''] = use.split('\n');
    const refused = await startDocker(t, shell, [last]).end();
    t.not(refused.code, 0);
    t.regex(refused.stderr, /revoked/);
    t.deepEqual([errors, ran], [[], []]);
  },
);
