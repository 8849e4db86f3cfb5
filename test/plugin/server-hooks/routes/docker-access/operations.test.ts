import { createHash, X509Certificate } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { DockerAccessCreated, DockerAccessList } from '../../../../../plugin/api.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { makeClient } from '../../../../kit/docker/port-client.js';
import { startPlugin, type TestPlugin } from '../../../../kit/hub/plugin.js';

const DAY_MS = 86_400_000;
const PATH = '/api/environments/1/docker-access';

async function setup(t: Parameters<typeof startPlugin>[0], ...rest: [object?, object?]): Promise<TestPlugin> {
  const hub = await startPlugin(t, { dockerPort: 0, ...rest[0] }, rest[1]);
  await hub.createEnvironment({ name: 'shop' });
  return hub;
}

test('docker access: is listed without its key, and its key is stored nowhere', async (t) => {
  const hub = await setup(t);
  const { access } = await makeClient(hub, 1, { name: 'laptop of ann' });
  const { key = '', ca: _, certificate, context: __, commands: ___, ...view } = access;
  t.regex(key, /^-----BEGIN PRIVATE KEY-----/);
  t.deepEqual((await hub.call<DockerAccessList>('GET', PATH)).body, { items: [view] });
  t.is(view.createdBy, 'admin');
  t.is(view.host, `tcp://127.0.0.1:${hub.dockerPort}`);
  const lifeMs = Date.parse(view.expiresAt) - Date.parse(view.createdAt);
  t.true(lifeMs > 89.9 * DAY_MS && lifeMs <= 90 * DAY_MS);
  t.is(new X509Certificate(certificate).subject, 'CN=laptop of ann');
  const detail = (await hub.call<DockerAccessCreated>('GET', `${PATH}/${view.id}`)).body;
  t.is(detail.key, undefined);
  t.is(detail.certificate, certificate);
  const stored = await readFile(join(hub.dataDir, 'fairlead.json'), 'utf8');
  t.true(stored.includes(view.id));
  t.false(stored.includes('PRIVATE KEY'));
});

test('docker access: the CA and the port’s key are files for the owner only, and the port’s own certificate has its names', async (t) => {
  const hub = await setup(t, { publicUrl: 'https://hub.example:9443/edge' });
  for (const name of ['ca-key.pem', 'server-key.pem']) {
    const { mode } = await stat(join(hub.dataDir, 'docker-port', name));
    t.is(mode & 0o777, 0o600, name);
  }
  const { access } = await makeClient(hub, 1);
  t.is(access.host, `tcp://hub.example:${hub.dockerPort}`);
  const server = new X509Certificate(await readFile(join(hub.dataDir, 'docker-port/server.pem'), 'utf8'));
  for (const name of ['hub.example', 'localhost']) t.is(server.checkHost(name), name);
  t.is(server.checkIP('127.0.0.1'), '127.0.0.1');
});

test('docker access: a new public URL is in the port’s certificate without a restart', async (t) => {
  const hub = await setup(t);
  const fingerprint = async () => {
    const pem = await readFile(join(hub.dataDir, 'docker-port/server.pem'), 'utf8');
    return createHash('sha256').update(pem).digest('hex');
  };
  const before = await fingerprint();
  await hub.call('PATCH', '/api/settings', { publicUrl: 'https://new.example/edge' });
  const { access } = await makeClient(hub, 1);
  t.is(access.host, `tcp://new.example:${hub.dockerPort}`);
  t.not(await fingerprint(), before);
});

test('docker access: an address of its own is in what clients get, and in the port’s certificate', async (t) => {
  for (const [dockerAddress, name] of [
    ['docker.example:12376', 'docker.example'],
    ['[2001:db8::1]:12376', '2001:db8::1'],
  ] as const) {
    const hub = await setup(t, { publicUrl: 'https://hub.example/edge', dockerAddress });
    const { access } = await makeClient(hub, 1);
    t.is(access.host, `tcp://${dockerAddress}`);
    t.is(access.context.host, access.host);
    for (const command of Object.values(access.commands)) t.true(command.includes(access.host), command);
    const server = new X509Certificate(await readFile(join(hub.dataDir, 'docker-port/server.pem'), 'utf8'));
    t.is(isIP(name) ? server.checkIP(name) : server.checkHost(name), name);
  }
});

test('docker access: invalid input is refused with a code, and nothing is stored', async (t) => {
  const hub = await setup(t);
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
  for (const [body, code] of [
    [{}, 'bad-request'],
    [{ name: '' }, 'bad-request'],
    [{ name: 'x'.repeat(65) }, 'bad-request'],
    [{ name: 'a\nb' }, 'bad-request'],
    [{ name: 'a\ud800' }, 'bad-request'],
    [{ name: 'x', node: '\ud800' }, 'bad-request'],
    [{ name: 'x', expiresAt: inDays(-1) }, 'bad-request'],
    [{ name: 'x', expiresAt: inDays(367) }, 'bad-request'],
    [{ name: 'x', expiresAt: 'tomorrow' }, 'bad-request'],
    [{ name: 'x', csr: 'x'.repeat(9000) }, 'bad-request'],
    [{ name: 'x', csr: '' }, 'csr-invalid'],
    [{ name: 'x', node: 'nowhere' }, 'node-not-found'],
  ] as const) {
    const answer = await hub.call<{ code: string }>('POST', PATH, body);
    t.is(answer.body.code, code, JSON.stringify(body).slice(0, 60));
  }
  t.deepEqual((await hub.call('GET', PATH)).body, { items: [] });
  t.false((await readFile(join(hub.dataDir, 'fairlead.json'), 'utf8')).includes('"dockerAccess"'));
});

test('docker access: only callers that may change the environment create and revoke, and none that are bound to it', async (t) => {
  const principals: Readonly<Record<string, object>> = {
    'Bearer admin': { id: 'admin', via: 'bearer' },
    'Bearer operator': { id: 'operator', via: 'bearer' },
    'Bearer bound': { id: 'bound', via: 'bearer', environmentId: 1 },
  };
  const hub = await setup(
    t,
    {},
    {
      authenticate: async ({ headers }: { headers: { authorization?: string } }) =>
        principals[headers.authorization ?? ''] ?? null,
      authorize: ({ id }: { id: string }, action: string) => id !== 'operator' || action !== 'write',
    },
  );
  const { access } = await makeClient(hub, 1);
  const as = async (who: string, method: string, path: string) => {
    const answer = await fetch(hub.url + path, {
      method,
      headers: { authorization: `Bearer ${who}` },
      ...(method === 'POST' ? { body: '{"name": "x"}' } : {}),
    });
    return answer.status;
  };
  t.is(await as('operator', 'POST', PATH), 403);
  t.is(await as('operator', 'DELETE', `${PATH}/${access.id}`), 403);
  t.is(await as('operator', 'GET', PATH), 200);
  t.is(await as('bound', 'POST', PATH), 403);
  t.is(await as('stranger', 'GET', PATH), 401);
  t.is(await as('bound', 'DELETE', `${PATH}/${access.id}`), 204);
  t.deepEqual((await hub.call('GET', PATH)).body, { items: [] });
});

test('docker access: those that expired more than a week ago make room for new ones', async (t) => {
  let aheadMs = 0;
  const hub = await setup(t, { clock: { ...systemClock, now: () => Date.now() + aheadMs } });
  const names = async () =>
    (await hub.call<DockerAccessList>('GET', PATH)).body.items.map(({ name }) => name);
  await makeClient(hub, 1, { name: 'old', expiresAt: new Date(Date.now() + DAY_MS).toISOString() });
  aheadMs = 7.9 * DAY_MS;
  await makeClient(hub, 1, { name: 'next' });
  t.deepEqual(await names(), ['old', 'next']);
  aheadMs = 8.1 * DAY_MS;
  await makeClient(hub, 1, { name: 'last' });
  t.deepEqual(await names(), ['next', 'last']);
});

test('docker access: without the port none is created, and those there are can be listed and revoked', async (t) => {
  const hub = await setup(t);
  const { access } = await makeClient(hub, 1);
  await hub.stop();
  const off = await startPlugin(t, { dataDir: hub.dataDir });
  t.is((await off.call<DockerAccessList>('GET', PATH)).body.items.length, 1);
  const refused = await off.call<{ code: string }>('POST', PATH, { name: 'x' });
  t.like(refused, { status: 409, body: { code: 'docker-port-off' } });
  t.is((await off.call('DELETE', `${PATH}/${access.id}`)).status, 204);
  t.is((await off.call('DELETE', `${PATH}/${access.id}`)).status, 404);
  t.deepEqual((await off.call('GET', PATH)).body, { items: [] });
});

test('docker access: its creation and its revocation are logged, without secrets', async (t) => {
  const hub = await setup(t);
  const { access } = await makeClient(hub, 1, { name: 'laptop of ann' });
  const revoke = () => hub.call('DELETE', `${PATH}/${access.id}`);
  const answers = await Promise.all([revoke(), revoke()]);
  t.deepEqual(answers.map(({ status }) => status).sort(), [204, 404]);
  const { id, name, node, expiresAt, key = '-' } = access;
  const fields = { principal: 'admin', environment: 1, access: id, name, node, expiresAt };
  const lines = hub.log.lines.filter(({ message }) => message.startsWith('a Docker access'));
  t.deepEqual(lines, [
    { level: 'info', message: 'a Docker access was created', fields },
    { level: 'info', message: 'a Docker access was revoked', fields },
  ]);
  t.false(JSON.stringify(hub.log.lines).includes('PRIVATE KEY'));
  t.false(JSON.stringify(hub.log.lines).includes(key.split('\n')[1] ?? '-'));
});

test('docker access: those of a replaced CA are marked, and a problem of the hub until they are revoked', async (t) => {
  const hub = await setup(t);
  const { access } = await makeClient(hub, 1);
  t.is(access.problem, null);
  t.deepEqual(hub.plugin.problems(), []);
  await hub.stop();
  await rm(join(hub.dataDir, 'docker-port'), { recursive: true });
  const again = await startPlugin(t, { dockerPort: 0, dataDir: hub.dataDir });
  const { access: current } = await makeClient(again, 1);
  const { items } = (await again.call<DockerAccessList>('GET', PATH)).body;
  t.deepEqual(
    items.map(({ id, problem }) => [id, problem]),
    [
      [access.id, 'docker-access-foreign'],
      [current.id, null],
    ],
  );
  t.is(
    (await again.call<DockerAccessCreated>('GET', `${PATH}/${access.id}`)).body.problem,
    'docker-access-foreign',
  );
  t.deepEqual(again.plugin.problems(), ['docker-access-foreign']);
  t.like(
    again.log.lines.find(({ level }) => level === 'warn'),
    { fields: { code: 'docker-access-foreign' } },
  );
  await again.call('DELETE', `${PATH}/${access.id}`);
  t.deepEqual(again.plugin.problems(), []);
});
