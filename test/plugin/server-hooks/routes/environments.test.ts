import test from 'ava';
import type { EnvironmentCreated, EnvironmentList } from '../../../../plugin/api.js';
import { parseEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

test('environments: a new one has an Edge ID, an Edge key that names this hub, and commands', async (t) => {
  const hub = await startPlugin(t);
  const { status, headers, body } = await hub.call<EnvironmentCreated>('POST', '/api/environments', {
    name: ' one ',
    tags: ['a'],
  });
  t.is(status, 201);
  t.is(headers.location, `/edge/api/environments/${body.id}`);
  t.like(body, { name: 'one', tags: ['a'], status: 'new', tunnel: 'idle', lastCheckInAt: null });
  t.like(parseEdgeKey(body.edgeKey), {
    apiUrl: hub.url,
    tunnelAddress: `127.0.0.1:${hub.tunnelPort}`,
    environmentId: body.id,
  });
  t.deepEqual(Object.keys(body.commands).sort(), ['podman', 'stack', 'stackSecret', 'standalone', 'swarm']);
  const view = await hub.view(body.id);
  t.false('edgeKey' in view, 'an issued key is not shown again');
});

test('environments: a name in use is refused, and free again after its environment is deleted', async (t) => {
  const hub = await startPlugin(t);
  const { id } = await hub.createEnvironment({ name: 'one' });
  const two = await hub.createEnvironment({ name: 'two' });
  t.like(await hub.call('POST', '/api/environments', { name: 'one' }), {
    status: 409,
    // And not whose it is.
    body: { code: 'name-taken', environmentId: undefined },
  });
  t.like(await hub.call('PATCH', `/api/environments/${two.id}`, { name: 'one' }), { status: 409 });
  t.is((await hub.call('DELETE', `/api/environments/${id}`)).status, 204);
  t.like(await hub.call('PATCH', `/api/environments/${two.id}`, { name: 'one' }), { status: 200 });
});

test('environments: invalid values are a problem with a code, and store nothing', async (t) => {
  const hub = await startPlugin(t);
  for (const body of [
    {},
    { name: '' },
    { name: 'x'.repeat(101) },
    { name: 'a\nb' },
    { name: 'turned \u202e round' },
    { name: 'two\u2028lines' },
    { name: 'one', tags: ['a\u2066b'] },
    { name: 'one', edgeId: 'not-a-uuid' },
    { name: 'one', url: 'ftp://hub' },
    { name: 'one', url: 'https://user:secret@hub' },
    { name: 'one', tunnelAddress: 'hub' },
    { name: 'one', checkInSeconds: 0 },
    { name: 'one', tags: [''] },
  ]) {
    const answer = await hub.call<{ code: string }>('POST', '/api/environments', body);
    t.is(answer.status, 400, JSON.stringify(body));
    t.regex(answer.body.code, /^(bad-request|edge-id-malformed)$/);
    t.is(answer.headers['content-type'], 'application/problem+json');
  }
  t.deepEqual((await hub.call<EnvironmentList>('GET', '/api/environments')).body.items, []);
});

test('environments: ids are not reused, not even after a restart', async (t) => {
  const hub = await startPlugin(t);
  const { id } = await hub.createEnvironment({ name: 'one' });
  await hub.call('DELETE', `/api/environments/${id}`);
  await hub.stop();
  const again = await startPlugin(t, { dataDir: hub.dataDir });
  t.true((await again.createEnvironment({ name: 'two' })).id > id);
});

test('environments: every call to a missing one is environment-not-found', async (t) => {
  const hub = await startPlugin(t);
  for (const [method, path] of [
    ['GET', '/99'],
    ['PATCH', '/99'],
    ['DELETE', '/99'],
    ['GET', '/0'],
    ['GET', '/x'],
    ['POST', '/99/rotate-key'],
    ['DELETE', '/99/association'],
    ['GET', '/99/tunnel'],
    ['POST', '/99/tunnel'],
    ['DELETE', '/99/tunnel'],
    ['POST', '/99/keep-alive'],
    ['GET', '/99/snapshot'],
    ['GET', '/99/docker/_ping'],
  ] as const) {
    const answer = await hub.call(method, `/api/environments${path}`, method === 'PATCH' ? {} : undefined);
    t.like(answer, { status: 404, body: { code: 'environment-not-found' } }, `${method} ${path}`);
  }
});

test('environments: a caller that is not signed in learns nothing', async (t) => {
  const hub = await startPlugin(t);
  const { id } = await hub.createEnvironment({ name: 'one' });
  for (const path of ['', `/${id}`, '/99', `/${id}/tunnel`, `/${id}/snapshot`, `/${id}/docker/_ping`]) {
    const answer = await fetch(`${hub.url}/api/environments${path}`);
    t.is(answer.status, 401, path);
    t.is(((await answer.json()) as { code: string }).code, 'unauthorized');
  }
  t.is((await fetch(`${hub.url}/api/settings`)).status, 401);
});

test('settings: valid changes are stored, and invalid ones change nothing', async (t) => {
  const hub = await startPlugin(t);
  const { body: before } = await hub.call<object>('GET', '/api/settings');
  for (const wrong of [
    { checkInSeconds: 0 },
    { checkInSeconds: 86_401 },
    { inactivitySeconds: 4 },
    { snapshotSeconds: 5 },
    { heldCheckIns: 'yes' },
    { tunnelAddress: 'hub' },
    { publicUrl: 'https://hub/?x' },
    { unknown: 1 },
  ]) {
    t.is((await hub.call('PATCH', '/api/settings', wrong)).status, 400, JSON.stringify(wrong));
  }
  t.deepEqual((await hub.call('GET', '/api/settings')).body, before);
  const changes = { checkInSeconds: 60, publicUrl: 'https://hub.example/edge', snapshotSeconds: 0 };
  t.is((await hub.call('PATCH', '/api/settings', changes)).status, 200);
  t.deepEqual((await hub.call('GET', '/api/settings')).body, { ...before, ...changes });
  t.is((await hub.createEnvironment({ name: 'one' })).url, 'https://hub.example/edge');
});
