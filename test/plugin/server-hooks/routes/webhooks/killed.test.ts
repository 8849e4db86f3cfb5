import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { WebhookCreated } from '../../../../../plugin/api.js';
import { startChild } from '../../../../kit/child.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { sendWebhook } from '../../../../kit/hub/webhook-sender.js';

const DYING_HUB = fileURLToPath(new URL('./dying-hub.ts', import.meta.url));

test('webhooks: a hub killed between store and answer knows the message, and its environment can be found', async (t) => {
  const first = await startPlugin(t);
  const { body: hook } = await first.call<WebhookCreated>('POST', '/api/webhooks', { name: 'shop' });
  await first.stop();

  const child = startChild(t, process.execPath, ['--import', 'tsx', DYING_HUB, first.dataDir], process.env);
  const [port] = (await child.untilLine(/^listening/, 90_000)).match(/\d+$/) ?? [];
  const message = { name: 'a', externalId: '1' };
  const at = (hubUrl: string) => ({ secret: hook.secret, url: `${hubUrl}/hooks/${hook.id}` });
  await t.throwsAsync(sendWebhook(at(`http://127.0.0.1:${port}/edge`), message, { id: 'one' }));
  t.is(await child.exited, 'SIGKILL');

  const next = await startPlugin(t, { dataDir: first.dataDir });
  t.like(await sendWebhook(at(next.url), message, { id: 'one' }), {
    status: 409,
    body: { code: 'webhook-repeated', environmentId: 1 },
  });
  t.like(await sendWebhook(at(next.url), message), { status: 200, body: { id: 1, edgeKey: null } });
  t.like((await next.call('GET', '/api/environments')).body, { items: [{ id: 1, name: 'a' }] });
  t.is((await next.call('POST', '/api/environments/1/rotate-key')).status, 200, 'a key for it can be had');
});
