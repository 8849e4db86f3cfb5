import { fileURLToPath } from 'node:url';
import test from 'ava';
import { startHost } from '../start-host.js';

const PLUGIN = fileURLToPath(new URL('../../..', import.meta.url));

test('basic authentication: a token as password serves Docker calls only, and no answer asks for it', async (t) => {
  const hub = await startHost(t, { deps: { pluginFolders: [PLUGIN] } });
  const admin = await hub.signIn();
  const post = { method: 'POST', headers: admin };
  const { id } = (await hub.call('/edge/api/environments', { ...post, body: { name: 'one' } })).json();
  const { token } = (await hub.call('/api/tokens', { ...post, body: { name: 'basic' } })).json();
  const basic = (password: unknown) => ({
    authorization: `Basic ${Buffer.from(`docker:${password}`).toString('base64')}`,
  });
  const docker = `/edge/api/environments/${id}/docker/_ping`;
  const call = async (path: string, headers: Record<string, string>) => {
    const { status, headers: answered, json } = await hub.call(path, { headers });
    t.false(/basic/i.test(String(answered['www-authenticate'])), path);
    return `${status} ${json().code}`;
  };
  t.is(await call(docker, basic(token)), '503 environment-not-associated');
  t.is(await call(docker.replace('/_ping', '//_ping'), basic(token)), '503 environment-not-associated');
  t.is(await call(docker, basic('flt_invented')), '401 unauthorized');
  t.is(await call(docker, { ...basic(token), origin: 'https://page.example' }), '401 unauthorized');
  for (const path of [
    `/edge/api/environments/${id}`,
    '/edge/api/environments',
    '/api/tokens',
    '/api/session',
  ])
    t.is(await call(path, basic(token)), '401 unauthorized', path);
});
