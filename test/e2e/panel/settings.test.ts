import type { Page } from 'playwright-core';
import type { WebhookList } from '../../../plugin/api.js';
import { parseEdgeKey } from '../../../protocol/crypto/edge-key.js';
import { startAgent } from '../../kit/agent/agent.js';
import { serialBrowserTest } from '../../kit/browser/browser.js';
import { layoutFaults } from '../../kit/browser/panel-faults.js';
import { havePanel, openPanel } from '../../kit/browser/panel-page.js';
import type { Hub } from '../../kit/hub/hub.js';
import { sendWebhook } from '../../kit/hub/webhook-sender.js';
import { type HubAndAgent, startHubAndAgent } from '../../kit/hub-and-agent.js';
import type { Scope } from '../../kit/scope.js';

const MARKUP = `<img src=x onerror="alert('pwned')">`;

serialBrowserTest(
  'panel: settings with cost and webhooks; an environment is edited and deleted',
  async (t) => {
    t.timeout(400_000);
    await havePanel();
    const setup = await startHubAndAgent(t);
    const { page, errors, ran } = await openPanel(t, setup.hub);
    await page
      .context()
      .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: setup.hub.origin });
    const faults = [
      ...(await changeSettings(page, setup.hub)),
      ...(await useWebhook(page, setup.hub)),
      ...(await edit(page, setup.hub, setup.created.id)),
      ...(await rotate(t, page, setup)),
      ...(await end(page, setup.hub, setup.created.id)),
    ];
    t.deepEqual([faults, errors, ran], [[], [], []]);
  },
);

async function changeSettings(page: Page, hub: Hub): Promise<string[]> {
  const faults: string[] = [];
  await page.focus('button:text-is("Settings")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h2:text-is("Settings"):focus');
  await page.waitForSelector('text=/is a loopback address/');
  await page.waitForSelector('output:has-text("1 agent, held for 50 s = 0.02 requests/s")');
  await page.waitForSelector('button:text-is("Save"):disabled');
  faults.push(...(await layoutFaults(page)));

  // What it costs is there before it is saved.
  await page.uncheck('input[name=heldCheckIns]');
  await page.fill('input[name=checkInSeconds]', '2');
  await page.waitForSelector('output:has-text("1 agent at 2 s = 0.5 requests/s")');
  await page.waitForSelector('text="Unsaved: held check-ins, interval"');
  await page.fill('input[name=checkInSeconds]', '0');
  await page.waitForSelector('output:has-text("No cost to show")');
  await page.keyboard.press('Enter');
  await page.waitForSelector(
    '.field:has(input[name=checkInSeconds][aria-invalid=true]):has-text("Too small")',
  );
  faults.push(...(await layoutFaults(page)));
  await page.fill('input[name=checkInSeconds]', '2');
  await page.click('button:text-is("Save")');
  await page.waitForSelector('text="Saved"');
  const { body } = await hub.call('GET', '/edge/api/settings');
  const { checkInSeconds, heldCheckIns } = Object(body);
  if (checkInSeconds !== 2 || heldCheckIns !== false) faults.push(`saved: ${JSON.stringify(body)}`);
  // A change by another user appears without a reload.
  await hub.call('PATCH', '/edge/api/settings', { inactivitySeconds: 77, heldCheckIns: true });
  while ((await page.inputValue('input[name=inactivitySeconds]')) !== '77');
  return faults;
}

async function useWebhook(page: Page, hub: Hub): Promise<string[]> {
  const faults: string[] = [];
  const webhooks = page.locator('fairlead-webhooks');
  await webhooks.locator('text="None yet."').waitFor();
  await webhooks.locator('input[name=name]').fill(MARKUP);
  await webhooks.locator('text="Create webhook"').click();
  const secret = await webhooks.locator('pre').innerText();
  await webhooks.locator('text="Copy"').click();
  await page.waitForSelector('text="Copied."');
  const copied = await page.evaluate('navigator.clipboard.readText()');
  if (!secret.startsWith('whsec_') || copied !== secret) faults.push(`copied: ${copied}`);

  const [hook] = (await hub.call<WebhookList>('GET', '/edge/api/webhooks')).body.items;
  const url = hook?.url ?? '';
  await sendWebhook({ url, secret }, { name: 'by hook' }, { id: 'message-of-a-test' });
  await sendWebhook({ url, secret: `whsec_${btoa('another secret of 32 characters.')}` }, { name: 'forged' });
  await webhooks.locator('text="Refresh"').click();
  await webhooks.locator('text=/Rejected: 1 without a valid signature/').waitFor();
  await webhooks.locator('summary').click();
  await webhooks.locator('tr:has-text("created"):has-text("message-of-a-test")').waitFor();
  faults.push(...(await layoutFaults(page)));

  await webhooks.locator('text="Rotate secret …"').click();
  await page.check('text=/was stolen/');
  await page.click('dialog >> text="Rotate secret"');
  await webhooks.locator('text="The new secret. It is shown only once."').waitFor();
  const { status } = await sendWebhook({ url, secret }, { name: 'late' });
  if (status !== 401) faults.push(`an ended secret: ${status}`);
  await webhooks.locator('text="Delete …"').click();
  await page.waitForSelector(`dialog li:has-text(${JSON.stringify('<img src=x')})`);
  await page.click('dialog >> text="Delete"');
  await webhooks.locator('text="None yet."').waitFor();
  return faults;
}

async function edit(page: Page, hub: Hub, id: number): Promise<string[]> {
  const faults: string[] = [];
  await page.evaluate(`location.hash = 'fairlead/environments/${id}'`);
  await page.click('button:text-is("Edit")');
  await page.waitForSelector('h2:text("Edit line"):focus');
  // The one of the webhook.
  await page.fill('input[name=name]', 'by hook');
  await page.click('text="Save"');
  await page.waitForSelector(
    '.field:has(input[name=name][aria-invalid=true]):has-text("Another environment has this name")',
  );
  await page.fill('input[name=name]', MARKUP);
  await page.fill('textarea[name=tags]', `north\n\n ${MARKUP}, with a comma \n`);
  await page.fill('input[name=checkInSeconds]', '1');
  await page.waitForSelector('text="Unsaved changes"');
  await page.click('text="Save"');
  await page.waitForSelector('text="Saved"');
  const { name, tags, checkInSeconds } = await hub.until(id, () => true);
  const saved = JSON.stringify([name, tags, checkInSeconds]);
  if (saved !== JSON.stringify([MARKUP, ['north', `${MARKUP}, with a comma`], 1])) faults.push(saved);
  faults.push(...(await layoutFaults(page)));
  return faults;
}

async function rotate(
  t: Scope,
  page: Page,
  { hub, created, agent, agentOptions }: HubAndAgent,
): Promise<string[]> {
  const faults: string[] = [];
  await page.fill('input[name=url]', 'https://user:secret@127.0.0.1');
  await page.click('text="Rotate key with these addresses …"');
  await page.click('dialog >> text="Rotate key"');
  await page.waitForSelector('.field:has(input[name=url][aria-invalid=true]):has-text("not an address")');
  await page.fill('input[name=url]', `https://127.0.0.1:${hub.port}`);
  await page.keyboard.press('Tab');
  await page.waitForSelector('text=/This hub answers agents at 127.0.0.1/');
  await page.selectOption('select[name=overlap]', { label: 'not at all: it ends immediately' });
  await page.click('text="Rotate key with these addresses …"');
  await page.waitForSelector('dialog:has-text("The old key ends immediately")');
  faults.push(...(await layoutFaults(page)));
  await page.click('dialog >> text="Rotate key"');
  await page.waitForSelector('text=/New key created. The old key has ended/');
  const command = await page.locator('pre:has-text("docker run")').innerText();
  const [, edgeKey = ''] = /EDGE_KEY=(\S+)/.exec(command) ?? [];
  const { apiUrl } = parseEdgeKey(edgeKey);
  if (apiUrl !== `https://127.0.0.1:${hub.port}/edge`) faults.push(apiUrl);
  faults.push(...(await layoutFaults(page)));
  await agent.child.kill('SIGKILL');
  await hub.until(created.id, ({ status }) => status !== 'online');
  await startAgent(t, { ...agentOptions, edgeKey });
  await hub.until(created.id, ({ status }) => status === 'online');
  return faults;
}

async function end(page: Page, hub: Hub, id: number): Promise<string[]> {
  const faults: string[] = [];
  await page.click('text="Disassociate …"');
  await page.waitForSelector('dialog:has-text("Its tunnel and all calls in it are closed immediately")');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  if ((await hub.until(id, () => true)).edgeId === null) faults.push('Escape is a yes');
  await page.click('text="Disassociate …"');
  await page.click('dialog >> text="Disassociate"');
  await page.waitForSelector('text=/No agent is associated yet/');
  await hub.until(id, ({ edgeId }) => edgeId === null);
  await page.click('text="Delete environment …"');
  await page.waitForSelector(`dialog li:has-text(${JSON.stringify('<img src=x')})`);
  faults.push(...(await layoutFaults(page)));
  await page.click('dialog >> text="Delete"');
  await page.waitForSelector('text="1 environment"');
  if ((await hub.call('GET', `/edge/api/environments/${id}`)).status !== 404)
    faults.push('it is still there');
  return faults;
}
