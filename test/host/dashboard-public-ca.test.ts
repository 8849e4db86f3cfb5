import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeAuthority } from '../../protocol/certificates/authority.js';
import { startHost } from './start-host.js';

const deps = { pluginFolders: [fileURLToPath(new URL('../..', import.meta.url))] };
const INSECURE = /EDGE_INSECURE_POLL=1/;

async function setup(t: Parameters<typeof startHost>[0], publicCa: string | null | undefined) {
  const config = publicCa === undefined ? {} : { publicCa };
  const host = await startHost(t, { deps, config });
  const headers = await host.signIn();
  const body = { name: 'first', url: 'https://hub.example' };
  const created = await host.call('/edge/api/environments', { method: 'POST', headers, body });
  t.is(created.status, 201, created.text);
  return { host, command: created.text, ca: await host.call('/edge/api/ca.pem', { headers }) };
}

test('public CA: without one the hub publishes its own', async (t) => {
  const { host, command, ca } = await setup(t, undefined);
  t.regex(command, INSECURE);
  t.is(ca.text, host.ca);
});

test('public CA: with a well-known one the printed commands need no CA', async (t) => {
  const { command, ca } = await setup(t, null);
  t.notRegex(command, INSECURE);
  t.like(ca, { status: 404 });
  t.like(ca.json(), { code: 'ca-not-known' });
});

test('public CA: a proxy’s private one is published instead of the hub’s own', async (t) => {
  const { certificate } = await makeAuthority(randomBytes);
  const { command, ca } = await setup(t, certificate);
  t.regex(command, INSECURE);
  t.is(ca.text, certificate);
});
