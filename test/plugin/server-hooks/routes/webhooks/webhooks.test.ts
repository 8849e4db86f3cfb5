import test, { type ExecutionContext } from 'ava';
import type { SecretRotated, WebhookCreated, WebhookList } from '../../../../../plugin/api.js';
import { joinInstance } from '../../../../kit/agent/instance.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { sendWebhook } from '../../../../kit/hub/webhook-sender.js';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: ' shop ' });
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

test('webhooks: an environment is found by its external id, without its key, and is not changed', async (t) => {
  const { hub, hook } = await setup(t);
  const first = await sendWebhook(hook, { name: 'a', externalId: '1', tags: ['x'] });
  const found = await sendWebhook(hook, { name: 'b', externalId: '1', url: 'https://else.example' });
  t.is(found.status, 200);
  t.deepEqual(found.body, { ...first.body, edgeKey: null, commands: null });
  t.is((await hub.view(first.body.id)).name, 'a');
});

test('webhooks: no webhook finds an environment of another one, and a deleted environment is created again', async (t) => {
  const { hub, hook } = await setup(t);
  const { body: other } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'other' });
  const first = await sendWebhook(hook, { name: 'a', externalId: '1' });
  const second = await sendWebhook(other, { name: 'b', externalId: '1' });
  t.is(second.status, 201);
  t.like(await sendWebhook(other, { name: 'a', externalId: '2' }), {
    status: 409,
    body: { code: 'name-taken' },
  });
  await hub.call('DELETE', `/api/environments/${first.body.id}`);
  const again = await sendWebhook(hook, { name: 'a', externalId: '1' });
  t.is(again.status, 201);
  t.not(again.body.id, first.body.id);
});

test('webhooks: agents get the address of the message, the settings or the call, in this order', async (t) => {
  const { hub, hook } = await setup(t);
  t.is((await sendWebhook(hook, { name: 'a' })).body.url, hub.url);
  const publicUrl = 'https://hub.example';
  await hub.call('PATCH', '/api/settings', { publicUrl, tunnelAddress: 'tunnel.example:8443' });
  const set = await sendWebhook(hook, { name: 'b' });
  t.like(set.body, { url: 'https://hub.example/edge', tunnelAddress: 'tunnel.example:8443' });
  const own = await sendWebhook(hook, { name: 'c', url: 'https://own.example:9443/x' });
  t.is(own.body.url, 'https://own.example:9443/x');
  const [view] = (await hub.call<WebhookList>('GET', '/api/webhooks')).body.items;
  t.is(view?.url, `https://hub.example/edge/hooks/${hook.id}`);
});

test('webhooks: the secret is shown once, by the call that creates it', async (t) => {
  const { hook, list, hub } = await setup(t);
  t.regex(hook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.regex(hook.id, /^[\w-]{22}$/);
  const { secret, ...view } = hook;
  t.deepEqual(await list(), [view]);
  await sendWebhook(hook, { name: 'a' });
  t.false(JSON.stringify([await list(), hub.log.lines]).includes(secret.slice(6)));
});

test('webhooks: a rotated secret is valid with the new one until its overlap ends; without overlap it ends immediately', async (t) => {
  const { hub, hook, list } = await setup(t);
  const path = `/api/webhooks/${hook.id}/rotate-secret`;
  const rotate = async (body: object) => (await hub.call<SecretRotated>('POST', path, body)).body;
  const second = await rotate({});
  const inADay = Date.parse(second.oldSecretEndsAt ?? '') - Date.now();
  t.true(Math.abs(inADay - 86_400_000) < 60_000);
  t.is((await list())[0]?.oldSecretEndsAt, second.oldSecretEndsAt);
  const statuses = async (...secrets: string[]) =>
    Promise.all(
      secrets.map(
        async (secret, n) =>
          (await sendWebhook({ ...hook, secret }, { name: `${Math.random()} ${n}` })).status,
      ),
    );
  t.deepEqual(await statuses(hook.secret, second.secret), [201, 201]);
  const third = await rotate({ overlapSeconds: 3600 });
  t.deepEqual(await statuses(hook.secret, second.secret, third.secret), [401, 201, 201]);
  const fourth = await rotate({ overlapSeconds: 0 });
  t.is(fourth.oldSecretEndsAt, null);
  t.deepEqual(await statuses(second.secret, third.secret, fourth.secret), [401, 401, 201]);
  const short = await rotate({ overlapSeconds: 1 });
  const ends = Date.parse(short.oldSecretEndsAt ?? '');
  while (Date.now() < ends) await new Promise((resolve) => setTimeout(resolve, 50));
  t.deepEqual(await statuses(fourth.secret, short.secret), [401, 201]);
  t.is((await list())[0]?.oldSecretEndsAt, null);
});

test('webhooks: a deleted one is refused immediately, and its environments stay', async (t) => {
  const { hub, hook, list } = await setup(t);
  const { body } = await sendWebhook(hook, { name: 'a', externalId: '1' });
  t.is((await hub.call('DELETE', `/api/webhooks/${hook.id}`)).status, 204);
  t.like(await sendWebhook(hook, { name: 'b' }), { status: 401, body: { code: 'webhook-unauthorized' } });
  t.deepEqual(await list(), []);
  t.is((await hub.view(body.id)).name, 'a');
  for (const call of ['DELETE /', 'POST /rotate-secret']) {
    const [method = '', rest = ''] = call.split(' /');
    const path = `/api/webhooks/${hook.id}${rest && `/${rest}`}`;
    t.like(await hub.call(method, path), { status: 404, body: { code: 'webhook-not-found' } });
  }
});

test('webhooks: the admin sees the last 50 signed calls, and separately those without a valid signature', async (t) => {
  const { hook, list } = await setup(t);
  await sendWebhook(hook, { name: 'a', externalId: '1' }, { id: 'one' });
  await sendWebhook(hook, { name: 'a', externalId: '1' }, { id: 'one' });
  await sendWebhook(hook, { name: 'x', externalId: '1' }, { id: 'two' });
  await sendWebhook(hook, { name: 'a' }, { id: 'three' });
  await sendWebhook(hook, { name: 1 }, { id: 'four' });
  await sendWebhook(hook, {}, { id: 'five', raw: '{' });
  const stranger = { ...hook, secret: `whsec_${Buffer.alloc(32).toString('base64')}` };
  for (let n = 0; n < 3; n++) await sendWebhook(stranger, { name: 'a' });
  const view = (await list())[0];
  const at = view?.calls.map((call) => Date.parse(call.at)) ?? [];
  t.true(at.every((ms) => Math.abs(Date.now() - ms) < 60_000));
  t.deepEqual(
    view?.calls.map(({ messageId, outcome, environmentId, address }) => [
      messageId,
      outcome,
      environmentId,
      address,
    ]),
    [
      ['five', 'body-not-json', null, '127.0.0.1'],
      ['four', 'bad-request', null, '127.0.0.1'],
      ['three', 'name-taken', null, '127.0.0.1'],
      ['two', 'found', 1, '127.0.0.1'],
      ['one', 'repeated', 1, '127.0.0.1'],
      ['one', 'created', 1, '127.0.0.1'],
    ],
  );
  t.like(view?.refused, { count: 3, lastAddress: '127.0.0.1' });
  for (let n = 0; n < 60; n++) await sendWebhook(hook, { name: 'a' }, { id: `n${n}` });
  t.deepEqual(
    (await list())[0]?.calls.map(({ messageId }) => messageId),
    Array.from({ length: 50 }, (_, n) => `n${59 - n}`),
  );
});

test('webhooks: there are 50 at most', async (t) => {
  const { hub } = await setup(t);
  const make = () => hub.call('POST', '/api/webhooks', { name: 'one more' });
  for (let n = 1; n < 50; n++) t.is((await make()).status, 201);
  t.like(await make(), { status: 409, body: { code: 'too-many-webhooks' } });
});
