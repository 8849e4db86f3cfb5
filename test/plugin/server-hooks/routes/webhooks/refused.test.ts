import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { Webhook } from 'standardwebhooks';
import type { WebhookCreated } from '../../../../../plugin/api.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { type Sending, sendWebhook, signedHeaders } from '../../../../kit/hub/webhook-sender.js';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { body: hook } = await hub.call<WebhookCreated>('POST', '/api/webhooks', { name: 'shop' });
  const count = async () => {
    const { body } = await hub.call<{ items: unknown[] }>('GET', '/api/environments');
    return body.items.length;
  };
  return { hub, hook, count };
}

const MESSAGE = { name: 'a' };
const TEXT = JSON.stringify(MESSAGE);
const FOREIGN = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const MINUTE_MS = 60_000;

/** What is wrong, and how it is sent. */
const REFUSED: Readonly<Record<string, (secret: string) => Sending>> = {
  'one that is 5 minutes old': () => ({ atMs: Date.now() - 5 * MINUTE_MS - 2_000 }),
  'one from 5 minutes ahead': () => ({ atMs: Date.now() + 5 * MINUTE_MS + 30_000 }),
  'another secret': () => ({ headers: signedHeaders(FOREIGN, TEXT) }),
  'another body': (secret) => ({ headers: signedHeaders(secret, `${TEXT} `) }),
  'another id': () => ({ headers: { 'webhook-id': 'another' } }),
  'another time': () => ({ headers: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) } }),
  'no id': () => ({ headers: { 'webhook-id': undefined } }),
  'no time': () => ({ headers: { 'webhook-timestamp': undefined } }),
  'no signature': () => ({ headers: { 'webhook-signature': undefined } }),
  'an empty signature': () => ({ headers: { 'webhook-signature': '' } }),
  'a version that is not known': (secret) => {
    const headers = signedHeaders(secret, TEXT);
    return {
      headers: { ...headers, 'webhook-signature': headers['webhook-signature']?.replace('v1,', 'v2,') },
    };
  },
  'half a signature': (secret) => {
    const headers = signedHeaders(secret, TEXT);
    return { headers: { ...headers, 'webhook-signature': headers['webhook-signature']?.slice(0, 20) } };
  },
  'a version and nothing': () => ({ headers: { 'webhook-signature': 'v1 v1, v1,, ,' } }),
  'a signature of 5,000 characters': () => ({ headers: { 'webhook-signature': `v1,${'A'.repeat(5_000)}` } }),
  'an id with a dot, which could be read in two ways': () => ({ id: 'a.b' }),
  'an id with a space': () => ({ id: 'a b' }),
  'an id of 257 characters': () => ({ id: 'x'.repeat(257) }),
  'two ids': () => ({ headers: { 'webhook-id': ['a', 'b'] } }),
  'a time with something behind it': (secret) => {
    const headers = signedHeaders(secret, TEXT);
    return { headers: { ...headers, 'webhook-timestamp': `${headers['webhook-timestamp']}x` } };
  },
};

test('webhooks: every wrong signature and every unknown webhook gets the same answer', async (t) => {
  const { hub, hook, count } = await setup(t);
  const nowhere = { url: hook.url.replace(/[^/]+$/, 'AAAAAAAAAAAAAAAAAAAAAA'), secret: hook.secret };
  const answers = [
    await sendWebhook(nowhere, MESSAGE),
    await sendWebhook({ ...nowhere, url: hook.url.replace(/[^/]+$/, '__proto__') }, MESSAGE),
  ];
  for (const [name, sending] of Object.entries(REFUSED)) {
    const answer = await sendWebhook(hook, MESSAGE, sending(hook.secret));
    t.is(answer.status, 401, name);
    answers.push(answer);
  }
  const plain = answers.map(({ status, text, headers: { date, ...headers } }) => ({ status, text, headers }));
  for (const answer of plain) t.deepEqual(answer, plain[0]);
  t.deepEqual(JSON.parse(plain[0]?.text ?? ''), {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    code: 'webhook-unauthorized',
  });
  t.is(await count(), 0);
  const logged = hub.log.lines.filter(({ fields }) =>
    JSON.stringify(fields).includes('webhook-unauthorized'),
  );
  t.is(logged.length, 1, 'a line a minute');
});

test('webhooks: a clock nearly 5 minutes off is accepted, and one valid signature among many is enough', async (t) => {
  const { hook } = await setup(t);
  for (const atMs of [Date.now() - 5 * MINUTE_MS + 30_000, Date.now() + 5 * MINUTE_MS - 5_000]) {
    t.is((await sendWebhook(hook, { name: `${atMs}` }, { atMs })).status, 201);
  }
  const headers = signedHeaders(hook.secret, TEXT);
  const foreign = new Webhook(FOREIGN).sign('id', new Date(), TEXT);
  const many = `v1a,AAAA ${foreign} v2,BBBB ${headers['webhook-signature']} ${foreign}`;
  t.is(
    (await sendWebhook(hook, MESSAGE, { headers: { ...headers, 'webhook-signature': many } })).status,
    201,
  );
});

/** Signed as it must be, and refused for what it says. */
const BODIES: readonly (readonly [string, Buffer | string, string])[] = [
  ['nothing', '', 'bad-request'],
  ['half of it', '{"name": "a"', 'body-not-json'],
  ['no JSON', 'name=a', 'body-not-json'],
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'body-not-json'],
  ['a list', '[]', 'bad-request'],
  ['null', 'null', 'bad-request'],
  ['no name', '{}', 'bad-request'],
  ['a number for a name', '{"name": 1}', 'bad-request'],
  ['an empty name', '{"name": "  "}', 'bad-request'],
  ['a long name', JSON.stringify({ name: 'x'.repeat(101) }), 'bad-request'],
  ['control characters in the name', '{"name": "a\\u0000"}', 'bad-request'],
  ['no list of tags', '{"name": "a", "tags": "x"}', 'bad-request'],
  ['33 tags', JSON.stringify({ name: 'a', tags: Array.from({ length: 33 }, String) }), 'bad-request'],
  ['a number for an external id', '{"name": "a", "externalId": 7}', 'bad-request'],
  ['an empty external id', '{"name": "a", "externalId": ""}', 'bad-request'],
  ['a long external id', JSON.stringify({ name: 'a', externalId: 'x'.repeat(201) }), 'bad-request'],
  ['no URL', '{"name": "a", "url": "hub"}', 'bad-request'],
  ['a URL of another kind', '{"name": "a", "url": "javascript:alert(1)"}', 'bad-request'],
];

test('webhooks: an invalid body is refused with a reason, stores nothing, and its id may be used again', async (t) => {
  const { hook, count } = await setup(t);
  for (const [name, raw, code] of BODIES) {
    const answer = await sendWebhook(hook, null, { raw, id: 'one' });
    t.like(answer, { status: 400, body: { code } }, name);
  }
  t.is(await count(), 0);
  t.is((await sendWebhook(hook, MESSAGE, { id: 'one' })).status, 201);
});

test('webhooks: a body of more than 64 KiB is refused before it has arrived', async (t) => {
  const { hook, count } = await setup(t);
  const large = { status: 413, body: { code: 'body-too-large' } };
  t.like(await sendWebhook(hook, null, { raw: ' '.repeat(65_537) }), large);
  const chunked = { 'transfer-encoding': 'chunked' };
  t.like(await sendWebhook(hook, null, { raw: ' '.repeat(65_537), headers: chunked }), large);
  t.is((await sendWebhook(hook, null, { raw: TEXT.padEnd(65_536) })).status, 201);
  t.is(await count(), 1);
});

test('webhooks: a quick body replaces a slow one when 128 of an address are pending', async (t) => {
  const { hub, hook } = await setup(t);
  let arrived = 0;
  const all = new Promise<void>((resolve) => {
    hub.server.on('request', () => {
      if (++arrived === 128) resolve();
    });
  });
  const slow = Array.from({ length: 128 }, () => {
    const req = http.request(hook.url, {
      method: 'POST',
      agent: false,
      headers: { ...signedHeaders(hook.secret, TEXT), 'content-length': TEXT.length },
    });
    req.on('error', () => undefined);
    req.flushHeaders();
    t.teardown(() => {
      req.destroy();
    });
    return req;
  });
  const givenUp = Promise.any(slow.map(async (req) => (await once(req, 'response'))[0] as IncomingMessage));
  await all;
  t.is((await sendWebhook(hook, MESSAGE)).status, 201);
  const refused = await givenUp;
  t.is(refused.statusCode, 503);
  t.is(refused.headers['retry-after'], '1');
  t.like(await json(refused), { code: 'too-many-bodies' });
});
