import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { WebhookCreated, WebhookList } from '../../../../../plugin/api.js';
import { joinInstance } from '../../../../kit/agent/instance.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { sendWebhook } from '../../../../kit/hub/webhook-sender.js';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'shop' });
  const names = async () => {
    const { body } = await hub.call<{ items: { name: string }[] }>('GET', '/api/environments');
    return body.items.map(({ name }) => name);
  };
  return { hub, hook, names };
}

const REPEATED = { status: 409, body: { code: 'webhook-repeated', environmentId: 1 } };

test('webhooks: a repeated id gets the first answer again, key included, whether signed again or not', async (t) => {
  const { hook, hub, names } = await setup(t);
  const message = { name: 'a', tags: ['x'] };
  const first = await sendWebhook(hook, message, { id: 'one', atMs: Date.now() - 2_000 });
  t.is(first.status, 201);
  await hub.call('PATCH', '/api/environments/1', { name: 'renamed meanwhile' });
  const again = await sendWebhook(hook, message, { id: 'one' });
  t.deepEqual([again.status, again.text], [first.status, first.text]);
  t.deepEqual(await names(), ['renamed meanwhile']);
});

test('webhooks: a used id with another body is refused and changes nothing', async (t) => {
  const { hook, names } = await setup(t);
  await sendWebhook(hook, { name: 'a' }, { id: 'one' });
  t.like(await sendWebhook(hook, { name: 'b' }, { id: 'one' }), REPEATED);
  t.deepEqual(await names(), ['a']);
});

test('webhooks: the same id at two webhooks is two messages', async (t) => {
  const { hub, hook, names } = await setup(t);
  const { body: other } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'other' });
  t.is((await sendWebhook(hook, { name: 'a' }, { id: 'one' })).status, 201);
  t.is((await sendWebhook(other, { name: 'b' }, { id: 'one' })).status, 201);
  t.deepEqual(await names(), ['a', 'b']);
});

test('webhooks: 100 concurrent calls with one id make one environment and get one answer', async (t) => {
  const { hook, names } = await setup(t);
  const calls = Array.from({ length: 100 }, () => sendWebhook(hook, { name: 'a' }, { id: 'one' }));
  const answers = await Promise.all(calls);
  t.deepEqual(await names(), ['a']);
  t.is(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  t.truthy(answers[0]?.body.edgeKey);
});

test('webhooks: 100 concurrent messages with one external id make one environment and show one key', async (t) => {
  const { hook, names } = await setup(t);
  const calls = Array.from({ length: 100 }, (_, n) => sendWebhook(hook, { name: `a${n}`, externalId: '1' }));
  const answers = await Promise.all(calls);
  t.is((await names()).length, 1);
  t.deepEqual(new Set(answers.map(({ body }) => body.id)), new Set([1]));
  t.is(answers.filter(({ status, body }) => status === 201 && body.edgeKey).length, 1);
  t.is(answers.filter(({ status, body }) => status === 200 && body.edgeKey === null).length, 99);
});

test('webhooks: 100 concurrent messages with one name make one environment, and the others may be retried', async (t) => {
  const { hub, hook, names } = await setup(t);
  const send = (n: number) => sendWebhook(hook, { name: 'a' }, { id: `n${n}` });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => send(n)));
  t.deepEqual(await names(), ['a']);
  t.is(answers.filter(({ status }) => status === 201).length, 1);
  t.is(answers.filter(({ body }) => body.code === 'name-taken').length, 99);
  await hub.call('DELETE', '/api/environments/1');
  const loser = answers.findIndex(({ status }) => status === 409);
  t.is((await send(loser)).status, 201);
});

test('webhooks: an answer is not repeated once its key or its environment is deleted', async (t) => {
  const { hub, hook } = await setup(t);
  const send = () => sendWebhook(hook, { name: 'a', externalId: '1' }, { id: 'one' });
  const { body } = await send();
  await hub.call('POST', '/api/environments/1/rotate-key', { overlapSeconds: 60 });
  t.is((await send()).body.edgeKey, body.edgeKey, 'the old key is still valid');
  await hub.call('POST', '/api/environments/1/rotate-key', { overlapSeconds: 0 });
  t.like(await send(), REPEATED);
  await hub.call('DELETE', '/api/environments/1');
  t.like(await send(), REPEATED);
});

test('webhooks: after a restart an id is known, its answer is not, and its environment can be found', async (t) => {
  const { hub, hook } = await setup(t);
  const message = { name: 'a', externalId: '1' };
  const first = await sendWebhook(hook, message, { id: 'one' });
  await hub.stop();
  const next = await startPlugin(t, { dataDir: hub.dataDir });
  const [view] = (await next.call<WebhookList>('GET', '/api/webhooks')).body.items;
  t.like(view, { name: 'shop', calls: [], refused: { count: 0 } });
  const moved = { ...hook, url: view?.url ?? '' };
  t.like(await sendWebhook(moved, message, { id: 'one' }), REPEATED);
  const found = await sendWebhook(moved, message, { id: 'two' });
  t.like(found, { status: 200, body: { id: first.body.id, edgeKey: null } });
});

test('webhooks: a message that could not be stored has no effect, and is accepted later', async (t) => {
  const { hub, hook, names } = await setup(t);
  const send = () => sendWebhook(hook, { name: 'a', externalId: '1' }, { id: 'one' });
  // A folder in the place of its file is something that no write can replace.
  const file = join(hub.dataDir, 'fairlead.json');
  await rm(file);
  await mkdir(join(file, 'x'), { recursive: true });
  for (const answer of await Promise.all([send(), send(), send()])) {
    t.like(answer, { status: 503, body: { code: 'store-unwritable' } });
  }
  t.deepEqual(await names(), []);
  await rmdir(join(file, 'x'));
  await rmdir(file);
  const { status, body } = await send();
  t.is(status, 201);
  const again = await send();
  t.is(again.body.edgeKey, body.edgeKey);
  await joinInstance(t, { edgeId: body.edgeId ?? '', edgeKey: body.edgeKey ?? '' });
  t.deepEqual(await names(), ['a']);
});
