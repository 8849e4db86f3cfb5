import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startHost, withWallClock } from '../start-host.js';

test('tokens: one is shown once, stored as a hash in a private file, and survives a restart', async (t) => {
  const host = await startHost(t);
  const admin = await host.signIn();
  const made = await host.call('/api/tokens', { method: 'POST', headers: admin, body: { name: 'ci' } });
  t.is(made.status, 201);
  const token = String(made.json().token);
  t.regex(token, /^flt_[\w-]{43}$/);
  t.is(made.headers['cache-control'], 'no-store');

  const listed = await host.call('/api/tokens', { headers: admin });
  const { token: _, ...view } = made.json();
  t.deepEqual(listed.json(), { tokens: [view] });
  t.false(listed.text.includes('hash'));

  const file = join(host.dataDir, 'host', 'host.json');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.false((await readFile(file, 'utf8')).includes(token));

  await host.stop();
  const again = await startHost(t, { dataDir: host.dataDir });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await again.call('/edge/api/environments', { headers });
  t.deepEqual(answer.json().principal, { id: 'token:ci', via: 'bearer' });
});

test('tokens: one bound to an environment is reported so to the plugin and cannot manage tokens', async (t) => {
  const host = await startHost(t);
  const admin = await host.signIn();
  const body = { name: 'ci', environmentId: 5 };
  const made = await host.call('/api/tokens', { method: 'POST', headers: admin, body });
  const headers = { authorization: `Bearer ${made.json().token}` };
  const answer = await host.call('/edge/api/environments', { headers });
  t.deepEqual(answer.json().principal, { id: 'token:ci', via: 'bearer', environmentId: 5 });
  for (const [method, path] of [
    ['GET', '/api/tokens'],
    ['POST', '/api/tokens'],
    ['DELETE', `/api/tokens/${made.json().id}`],
  ] as const) {
    const refused = await host.call(path, {
      method,
      headers,
      ...(method === 'POST' ? { body: { name: 'x' } } : {}),
    });
    t.is(refused.status, 403, method);
    t.is(refused.json().code, 'forbidden');
  }
});

test('tokens: an expired one is not accepted', async (t) => {
  let now = Date.parse('2026-01-02T00:00:00Z');
  const host = await startHost(t, { deps: { clock: withWallClock(() => now) } });
  const admin = await host.signIn();
  const body = { name: 'ci', expiresAt: '2026-01-02T02:00:00+01:00' };
  const made = await host.call('/api/tokens', { method: 'POST', headers: admin, body });
  t.is(made.json().expiresAt, '2026-01-02T01:00:00.000Z');
  const headers = { authorization: `Bearer ${made.json().token}` };
  now += 60 * 60 * 1000 - 1;
  t.is((await host.call('/api/session', { headers })).status, 200);
  now += 1;
  t.is((await host.call('/api/session', { headers })).status, 401);
});

test('tokens: a revoked one is refused immediately, and the others stay valid', async (t) => {
  const host = await startHost(t);
  const admin = await host.signIn();
  const make = (name: string) => host.call('/api/tokens', { method: 'POST', headers: admin, body: { name } });
  const [first, second] = await Promise.all([make('first'), make('second')]);
  const path = `/api/tokens/${first.json().id}`;
  t.is((await host.call(path, { method: 'DELETE', headers: admin })).status, 204);
  const status = async (token: unknown) =>
    (await host.call('/api/session', { headers: { authorization: `Bearer ${token}` } })).status;
  t.is(await status(first.json().token), 401);
  t.is(await status(second.json().token), 200);
  const again = await host.call(path, { method: 'DELETE', headers: admin });
  t.is(again.json().code, 'not-found');
});

test('tokens: one cannot be signed out like a session', async (t) => {
  const host = await startHost(t);
  const admin = await host.signIn();
  const made = await host.call('/api/tokens', { method: 'POST', headers: admin, body: { name: 'ci' } });
  const headers = { authorization: `Bearer ${made.json().token}` };
  const answer = await host.call('/api/session', { method: 'DELETE', headers });
  t.is(answer.status, 400);
  t.is(answer.json().code, 'bad-request');
});

const malformed: [string, object][] = [
  ['no name', {}],
  ['an empty name', { name: '  ' }],
  ['a line break in the name', { name: 'a\nb' }],
  ['a time without zone', { name: 'ci', expiresAt: '2099-01-01T00:00:00' }],
  ['a time in the past', { name: 'ci', expiresAt: '2020-01-01T00:00:00Z' }],
  ['environment 0', { name: 'ci', environmentId: 0 }],
  ['an environment that is text', { name: 'ci', environmentId: '5' }],
];
for (const [what, body] of malformed) {
  test(`tokens: ${what} is 400 and makes none`, async (t) => {
    const host = await startHost(t);
    const headers = await host.signIn();
    const answer = await host.call('/api/tokens', { method: 'POST', headers, body });
    t.is(answer.status, 400);
    t.is(answer.json().code, 'bad-request');
    t.deepEqual((await host.call('/api/tokens', { headers })).json(), { tokens: [] });
  });
}

test('tokens: creating one requires a session', async (t) => {
  const host = await startHost(t);
  const answer = await host.call('/api/tokens', { method: 'POST', body: { name: 'ci' } });
  t.is(answer.status, 401);
  t.is(answer.json().code, 'unauthorized');
});
