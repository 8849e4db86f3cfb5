import test from 'ava';
import { PASSWORD, startHost, withWallClock } from '../start-host.js';

const csrf = { 'x-fairlead-csrf': '1' };

test('session: the correct password gives a bearer token and a restricted cookie for 12 hours', async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const host = await startHost(t, { deps: { clock: withWallClock(() => now) } });
  const answer = await host.call('/api/session', { method: 'POST', body: { password: PASSWORD } });
  t.is(answer.status, 200);
  t.is(answer.json().expiresAt, '2026-01-02T15:04:05.000Z');
  const token = String(answer.json().token);
  const [session, device] = answer.headers['set-cookie'] ?? [];
  t.is(session, `__Host-fairlead=${token}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Strict`);
  t.regex(
    device ?? '',
    /^__Host-fairlead-device=[^;]+; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const asked = await host.call('/api/session', { headers: { authorization: `Bearer ${token}` } });
  t.deepEqual(asked.json(), { id: 'admin', environmentId: null, expiresAt: '2026-01-02T15:04:05.000Z' });
});

test('session: a wrong password is 401 bad-password and sets no cookie', async (t) => {
  const host = await startHost(t);
  const answer = await host.call('/api/session', { method: 'POST', body: { password: `${PASSWORD}x` } });
  t.is(answer.status, 401);
  t.is(answer.json().code, 'bad-password');
  t.is(answer.headers['content-type'], 'application/problem+json');
  t.is(answer.headers['set-cookie'], undefined);
});

test('session: too many wrong passwords are 429 with Retry-After, even for the correct one', async (t) => {
  const limits = { perAddress: 3, perAddressSeconds: 60, perMinute: 100, concurrent: 2, waiting: 16 };
  const host = await startHost(t, { deps: { loginLimits: limits } });
  const tryWith = (password: string) => host.call('/api/session', { method: 'POST', body: { password } });
  const wrong = await Promise.all(Array.from({ length: 5 }, () => tryWith('wrong')));
  t.deepEqual(wrong.map(({ status }) => status).sort(), [401, 401, 401, 429, 429]);
  const right = await tryWith(PASSWORD);
  t.is(right.status, 429);
  t.is(right.json().code, 'rate-limited');
  const retryAfter = Number(right.headers['retry-after']);
  t.true(retryAfter > 0 && retryAfter <= 60, `Retry-After: ${retryAfter}`);
});

test('session: wrong passwords from many addresses reach the overall limit', async (t) => {
  const limits = { perAddress: 100, perAddressSeconds: 60, perMinute: 2, concurrent: 2, waiting: 16 };
  const host = await startHost(t, { config: { trustedProxies: 1 }, deps: { loginLimits: limits } });
  const statuses = [];
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    const headers = { 'x-forwarded-for': address };
    const answer = await host.call('/api/session', { method: 'POST', headers, body: { password: 'wrong' } });
    statuses.push(answer.status);
  }
  t.deepEqual(statuses, [401, 401, 429]);
});

test('session: wrong passwords from its own address do not lock out a device that signed in before', async (t) => {
  const limits = { perAddress: 3, perAddressSeconds: 60, perMinute: 100, concurrent: 2, waiting: 16 };
  const host = await startHost(t, { deps: { loginLimits: limits } });
  const tryWith = (password: string, headers = {}) =>
    host.call('/api/session', { method: 'POST', headers, body: { password } });
  const [, device = ''] = (await tryWith(PASSWORD)).headers['set-cookie'] ?? [];
  const cookie = device.split(';')[0] ?? '';
  for (let attempt = 0; attempt < 3; attempt++) t.is((await tryWith('wrong')).status, 401);
  t.is((await tryWith(PASSWORD)).status, 429);
  t.is((await tryWith(PASSWORD, { cookie })).status, 200);
  t.is(
    (await tryWith(PASSWORD, { cookie: `${cookie.slice(0, -3)}AAA` })).status,
    429,
    'a forged mark is nothing',
  );
});

test('session: behind one trusted proxy the rightmost X-Forwarded-For counts, not what a client adds', async (t) => {
  const limits = { perAddress: 1, perAddressSeconds: 60, perMinute: 100, concurrent: 2, waiting: 16 };
  const host = await startHost(t, { config: { trustedProxies: 1 }, deps: { loginLimits: limits } });
  const tryAs = async (forwarded: string) => {
    const headers = { 'x-forwarded-for': forwarded };
    return (await host.call('/api/session', { method: 'POST', headers, body: { password: 'wrong' } })).status;
  };
  t.is(await tryAs('198.51.100.7, 192.0.2.1'), 401);
  t.is(await tryAs('198.51.100.8, 192.0.2.1'), 429);
  t.is(await tryAs('192.0.2.2'), 401);
});

test('session: without a trusted proxy X-Forwarded-For is ignored', async (t) => {
  const limits = { perAddress: 1, perAddressSeconds: 60, perMinute: 100, concurrent: 2, waiting: 16 };
  const host = await startHost(t, { deps: { loginLimits: limits } });
  const tryAs = async (forwarded: string) => {
    const headers = { 'x-forwarded-for': forwarded };
    return (await host.call('/api/session', { method: 'POST', headers, body: { password: 'wrong' } })).status;
  };
  t.is(await tryAs('192.0.2.1'), 401);
  t.is(await tryAs('192.0.2.2'), 429);
});

for (const method of ['GET', 'POST', 'DELETE']) {
  test(`session: a cookie without the CSRF header is not accepted, on ${method} as well`, async (t) => {
    const host = await startHost(t);
    const { authorization } = await host.signIn();
    const cookie = `other=1; __Host-fairlead=${authorization.slice('Bearer '.length)}`;
    t.is((await host.call('/edge/api/environments', { method, headers: { cookie } })).status, 401);
    t.is((await host.call('/api/tokens', { headers: { cookie } })).json().code, 'unauthorized');
    const answer = await host.call('/edge/api/environments', { method, headers: { cookie, ...csrf } });
    t.is(answer.status, 200);
    t.deepEqual(answer.json().principal, { id: 'admin', via: 'cookie' });
  });
}

test('session: a valid cookie does not make up for an invalid bearer token', async (t) => {
  const host = await startHost(t);
  const { authorization } = await host.signIn();
  const cookie = `__Host-fairlead=${authorization.slice('Bearer '.length)}`;
  const headers = { cookie, ...csrf, authorization: 'Bearer nonsense' };
  t.is((await host.call('/edge/api/environments', { headers })).status, 401);
});

test('session: DELETE ends it for bearer and cookie, and a restart does not bring it back', async (t) => {
  const host = await startHost(t);
  const headers = await host.signIn();
  const other = await host.signIn();
  const ended = await host.call('/api/session', { method: 'DELETE', headers });
  t.is(ended.status, 204);
  t.regex(String(ended.headers['set-cookie']), /__Host-fairlead=; Max-Age=0;/);
  t.is((await host.call('/api/session', { headers })).status, 401);
  t.is((await host.call('/api/session', { headers: other })).status, 200);
  await host.stop();
  const again = await startHost(t, { dataDir: host.dataDir });
  t.is((await again.call('/api/session', { headers })).status, 401);
  t.is((await again.call('/api/session', { headers: other })).status, 200);
});

test('session: an ended one stays ended after a wrong clock', async (t) => {
  const clock = { ms: Date.now() };
  const host = await startHost(t, { deps: { clock: withWallClock(() => clock.ms) } });
  const headers = await host.signIn();
  t.is((await host.call('/api/session', { method: 'DELETE', headers })).status, 204);
  clock.ms += 12 * 365 * 24 * 3_600_000;
  const meanwhile = await host.signIn();
  t.is((await host.call('/api/session', { method: 'DELETE', headers: meanwhile })).status, 204);
  clock.ms -= 12 * 365 * 24 * 3_600_000;
  t.is((await host.call('/api/session', { headers })).status, 401);
});

test('session: ends after 12 hours', async (t) => {
  let now = Date.parse('2026-01-02T00:00:00Z');
  const host = await startHost(t, { deps: { clock: withWallClock(() => now) } });
  const headers = await host.signIn();
  now += 12 * 60 * 60 * 1000 - 1000;
  t.is((await host.call('/api/session', { headers })).status, 200);
  now += 1000;
  t.is((await host.call('/api/session', { headers })).status, 401);
});

test('session: another configured password ends all sessions and invalidates the old password', async (t) => {
  const host = await startHost(t);
  const headers = await host.signIn();
  await host.stop();
  const again = await startHost(t, { dataDir: host.dataDir, config: { adminPassword: 'another one' } });
  t.is((await again.call('/api/session', { headers })).status, 401);
  const signIn = (password: string) => again.call('/api/session', { method: 'POST', body: { password } });
  t.is((await signIn(PASSWORD)).status, 401);
  t.is((await signIn('another one')).status, 200);
});

test('session: a new password ends the priority of known devices', async (t) => {
  const deps = {
    loginLimits: { perAddress: 1, perAddressSeconds: 60, perMinute: 100, concurrent: 2, waiting: 16 },
  };
  const host = await startHost(t, { deps });
  const [, device = ''] =
    (await host.call('/api/session', { method: 'POST', body: { password: PASSWORD } })).headers[
      'set-cookie'
    ] ?? [];
  const cookie = device.split(';')[0] ?? '';
  await host.stop();
  const config = { adminPassword: 'another one' };
  const again = await startHost(t, { dataDir: host.dataDir, config, deps });
  const tryWith = async (password: string) =>
    (await again.call('/api/session', { method: 'POST', headers: { cookie }, body: { password } })).status;
  t.is(await tryWith('wrong'), 401);
  t.is(await tryWith('another one'), 429, 'counted by its address');
});

const malformed: [string, unknown, number, string][] = [
  ['no JSON', '{', 400, 'bad-request'],
  ['an empty body', '', 400, 'bad-request'],
  ['no password', {}, 400, 'bad-request'],
  ['a password that is a number', { password: 1 }, 400, 'bad-request'],
  ['a body of 17 KiB', { password: 'x'.repeat(17 * 1024) }, 413, 'body-too-large'],
];
for (const [what, body, status, code] of malformed) {
  test(`session: ${what} is ${status} ${code}`, async (t) => {
    const host = await startHost(t);
    const answer = await host.call('/api/session', { method: 'POST', body });
    t.is(answer.status, status);
    t.is(answer.json().code, code);
  });
}
