import test from 'ava';
import { parseExposition } from '../../../../kit/exposition.js';
import { apiClient } from '../../../../kit/hub/api-client.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';

const TOKEN = 'm'.repeat(32);
const BOUND = 'bound-to-environment-1';

const authenticate: NonNullable<Parameters<typeof startPlugin>[2]>['authenticate'] = async (req) => {
  const { authorization } = req.headers;
  if (authorization === 'Bearer admin') return { id: 'admin', via: 'bearer' };
  if (authorization === 'Bearer viewer') return { id: 'viewer', via: 'bearer' };
  return authorization === `Bearer ${BOUND}` ? { id: 'bound', via: 'bearer', environmentId: 1 } : null;
};

test('metrics: its own token reads them, and opens nothing else', async (t) => {
  const { url } = await startPlugin(t, { metricsToken: TOKEN }, { authenticate });
  const scraper = apiClient({ url, token: TOKEN });
  const { status, headers, body } = await scraper.call<string>('GET', '/metrics');
  t.is(status, 200);
  t.is(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  t.is(headers['cache-control'], 'no-store');
  t.true(parseExposition(body).has('fairlead_environments'));
  for (const path of ['/api/environments', '/api/settings', '/api/fleet', '/api/environments/1/docker/info'])
    t.is((await scraper.call('GET', path)).status, 401, path);
});

test('metrics: are refused without a token, with a wrong one, and to all but admins', async (t) => {
  const authorize = (principal: { id: string }, action: string) =>
    principal.id !== 'viewer' || action === 'read';
  const { url } = await startPlugin(t, { metricsToken: TOKEN }, { authenticate, authorize });
  const status = async (token: string | null, path = '/metrics') =>
    (await apiClient({ url, token }).call('GET', path)).status;
  t.is(await status('admin'), 200);
  t.is(await status(null), 401);
  for (const wrong of [`${TOKEN}m`, TOKEN.slice(1), TOKEN.toUpperCase(), '']) t.is(await status(wrong), 401);
  t.is(await status(BOUND), 403, 'a token for one environment');
  t.is(await status('viewer'), 403, 'a caller who may not read settings');
  t.is(await status(null, `/metrics?token=${TOKEN}`), 401);
});

test('metrics: a caller on the loopback needs a token all the same: it may be a proxy', async (t) => {
  const { url } = await startPlugin(t, { metricsToken: TOKEN }, { authenticate });
  for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }])
    t.is((await fetch(`${url}/metrics`, { headers })).status, 401);
});

test('metrics: without a metrics token no token but an admin’s reads them', async (t) => {
  const { url } = await startPlugin(t, {}, { authenticate });
  for (const token of ['null', 'undefined', TOKEN])
    t.is((await apiClient({ url, token }).call('GET', '/metrics')).status, 401);
  t.is((await apiClient({ url, token: 'admin' }).call('GET', '/metrics')).status, 200);
  t.is((await apiClient({ url, token: 'admin' }).call('POST', '/metrics')).status, 405);
});

test('metrics: contain no secret, name or address', async (t) => {
  const { url, createEnvironment, call } = await startPlugin(t, { metricsToken: TOKEN }, { authenticate });
  const { edgeKey, edgeId } = await createEnvironment({ name: 'north depot', tags: ['vault'] });
  await call('GET', '/api/environments/1/docker/containers/secret-name/json');
  const { body } = await apiClient({ url, token: TOKEN }).call<string>('GET', '/metrics');
  for (const secret of [TOKEN, edgeKey, edgeId ?? '', 'north depot', 'vault', 'secret-name', '127.0.0.1'])
    t.false(body.includes(secret), secret);
});
