import test from 'ava';
import { PASSWORD, startHost } from './start-host.js';


test('session: the right password gives a bearer token and a locked-down cookie for 12 hours', async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const host = await startHost(t, { around: { clock: () => now } });
  const answer = await host.call('/api/session', { method: 'POST', body: { password: PASSWORD } });
  t.is(answer.status, 200);
  t.is(answer.json()['expiresAt'], '2026-01-02T15:04:05.000Z');
  const token = String(answer.json()['token']);
  t.deepEqual(answer.headers['set-cookie'], [
    `__Host-fairlead=${token}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Strict`,
  ]);
  const asked = await host.call('/api/session', { headers: { authorization: `Bearer ${token}` } });
  t.deepEqual(asked.json(), { id: 'admin', environmentId: null, expiresAt: '2026-01-02T15:04:05.000Z' });
});
