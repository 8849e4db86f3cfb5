import test, { type ExecutionContext } from 'ava';
import type { WebhookCreated, WebhookList } from '../../../plugin/api.js';
import { startPlugin } from '../../helpers/plugin.js';
import { joinInstance } from '../../helpers/test-instance.js';
import { sendWebhook } from '../../helpers/webhook-sender.js';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'shop' });
  const list = async () => (await hub.call<WebhookList>('GET', '/api/webhooks')).body.items;
  return { hub, hook, list };
}

test('webhooks: a signed message makes an environment whose agent enrols with the key in the answer', async (t) => {
  const { hub, hook } = await setup(t);
  const { status, body, headers } = await sendWebhook(hook, {
    name: ' shop 1 ',
    tags: ['shop'],
    externalId: 'crm/1',
  });
  t.is(status, 201);
  t.is(headers['cache-control'], 'no-store');
  t.like(body, { name: 'shop 1', tags: ['shop'], externalId: 'crm/1', url: hub.url });
  t.like(await hub.view(body.id), { name: 'shop 1', tags: ['shop'], edgeId: body.edgeId, status: 'new' });
  t.true(body.commands?.standalone.includes(`EDGE_KEY=${body.edgeKey}`));
  await joinInstance(t, { edgeId: body.edgeId ?? '', edgeKey: body.edgeKey ?? '' });
  t.like(await hub.view(body.id), { status: 'online' });
});

test('webhooks: what its sender knows is found again, without its key, and stays as it is', async (t) => {
  const { hub, hook } = await setup(t);
  const first = await sendWebhook(hook, { name: 'a', externalId: '1', tags: ['x'] });
  const found = await sendWebhook(hook, { name: 'b', externalId: '1', url: 'https://else.example' });
  t.is(found.status, 200);
  t.deepEqual(found.body, { ...first.body, edgeKey: null, commands: null });
  t.is((await hub.view(first.body.id)).name, 'a');
});
