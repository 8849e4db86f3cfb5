import test from 'ava';
import type { EnvironmentList, KeyRotated, Problem, SettingsView } from '../../../plugin/api.js';
import { parseEdgeKey } from '../../../protocol/edge-key.js';
import { startPlugin } from '../../helpers/plugin.js';

test('environments: one that is made is listed, shown, changed and deleted', async (t) => {
  const hub = await startPlugin(t);
  const created = await hub.create({ name: ' Berlin ', tags: ['eu'] });
  t.like(created, { id: 1, name: 'Berlin', tags: ['eu'], status: 'new', tunnel: 'idle', agent: null });
  t.regex(created.edgeId ?? '', /^[0-9a-f-]{36}$/);
  t.like(parseEdgeKey(created.edgeKey), { apiUrl: hub.url, environmentId: 1 });

  const { body: list } = await hub.call<EnvironmentList>('GET', '/api/environments');
  t.deepEqual(
    list.items.map(({ name }) => name),
    ['Berlin'],
  );
  t.false(JSON.stringify(list).includes(created.edgeKey));

  const path = `/api/environments/${created.id}`;
  t.like(await hub.call('PATCH', path, { name: 'Bonn', checkInSeconds: 60 }), { status: 200 });
  t.like(await hub.view(created.id), { name: 'Bonn', checkInSeconds: 60, tags: ['eu'] });
  t.is((await hub.call('DELETE', path)).status, 204);
  t.like(await hub.call('GET', path), { status: 404, body: { code: 'environment-not-found' } });
  t.is((await hub.create({ name: 'Bonn' })).id, 2, 'an id is never given twice');
});

test('environments: a null Edge ID is left to the first agent, one that is given is kept', async (t) => {
  const hub = await startPlugin(t);
  const open = await hub.create({ name: 'open', edgeId: null });
  t.is(open.edgeId, null);
  t.true(open.commands.standalone.includes('$(uuidgen)'));
  const given = '8D2A79BB-382C-48FC-B00E-B70B2EEF7B78';
  t.is((await hub.create({ name: 'given', edgeId: given })).edgeId, given.toLowerCase());
});

const refused: Record<string, [unknown, number, string]> = {
  'no name': [{}, 400, 'bad-request'],
  'an empty name': [{ name: '  ' }, 400, 'bad-request'],
  'a name with control characters': [{ name: 'a\u0000b' }, 400, 'bad-request'],
  'a name of another type': [{ name: 5 }, 400, 'bad-request'],
  'a taken name': [{ name: 'taken' }, 409, 'name-taken'],
  'an Edge ID that is no UUID': [{ name: 'x', edgeId: 'nonsense' }, 400, 'edge-id-malformed'],
  'a URL that is none': [{ name: 'x', url: 'nonsense' }, 400, 'bad-request'],
  'a URL with credentials': [{ name: 'x', url: 'https://a:b@c' }, 400, 'bad-request'],
  'a tunnel address without a port': [{ name: 'x', tunnelAddress: 'host' }, 400, 'bad-request'],
  'an interval of zero': [{ name: 'x', checkInSeconds: 0 }, 400, 'bad-request'],
  'too many tags': [{ name: 'x', tags: Array(33).fill('t') }, 400, 'bad-request'],
  'a body that is too large': [{ name: 'x'.repeat(100_000) }, 413, 'body-too-large'],
};

for (const [what, [body, status, code]] of Object.entries(refused)) {
  test(`environments: ${what} is refused as ${code}, and nothing is stored`, async (t) => {
    const hub = await startPlugin(t);
    await hub.create({ name: 'taken' });
    const answer = await hub.call<Problem>('POST', '/api/environments', body);
    t.like(answer, { status, body: { code, status } });
    t.regex(String(answer.headers['content-type']), /^application\/problem\+json/);
    const { body: list } = await hub.call<EnvironmentList>('GET', '/api/environments');
    t.is(list.items.length, 1);
  });
}

test('rotate-key: a new key names new addresses where they are given', async (t) => {
  const hub = await startPlugin(t);
  const { id, edgeKey } = await hub.create({ name: 'moving' });
  const old = parseEdgeKey(edgeKey);
  const same = await hub.call<KeyRotated>('POST', `/api/environments/${id}/rotate-key`);
  t.like(parseEdgeKey(same.body.edgeKey), { apiUrl: old.apiUrl, tunnelAddress: old.tunnelAddress });
  t.not(parseEdgeKey(same.body.edgeKey).secret, old.secret);

  const addresses = { url: 'https://new.example', tunnelAddress: 'tunnel.example:443' };
  const moved = await hub.call<KeyRotated>('POST', `/api/environments/${id}/rotate-key`, addresses);
  t.like(parseEdgeKey(moved.body.edgeKey), {
    apiUrl: 'https://new.example/edge',
    tunnelAddress: 'tunnel.example:443',
    fingerprint: old.fingerprint,
  });
  t.like(await hub.view(id), { url: 'https://new.example/edge', tunnelAddress: 'tunnel.example:443' });
  const bad = await hub.call<Problem>('POST', `/api/environments/${id}/rotate-key`, { url: 'x' });
  t.like(bad, { status: 400, body: { code: 'bad-request' } });
});

test('settings: a change holds, a bad one changes nothing', async (t) => {
  const hub = await startPlugin(t);
  t.like(await hub.call('PATCH', '/api/settings', { checkInSeconds: 30 }), { status: 200 });
  for (const change of [
    { checkInSeconds: 0 },
    { inactivitySeconds: 4 },
    { snapshotSeconds: 5 },
    { nonsense: 1 },
  ]) {
    t.like(await hub.call('PATCH', '/api/settings', change), { status: 400, body: { code: 'bad-request' } });
  }
  const { body } = await hub.call<SettingsView>('GET', '/api/settings');
  t.like(body, { checkInSeconds: 30, inactivitySeconds: 300, snapshotSeconds: 300, heldCheckIns: true });
});

test('routes: what is not there is a 404 problem, on the mount and beside it', async (t) => {
  const hub = await startPlugin(t);
  for (const path of ['/api/nothing', '/api/environments/0', '/api/environments/1e3', '/nothing', '']) {
    const answer = await hub.call<Problem>('GET', path);
    t.is(answer.status, 404, path);
    t.regex(answer.body.code, /^(not-found|environment-not-found)$/, path);
  }
});
