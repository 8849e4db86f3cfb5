import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PluginView } from '../../../host/plugins/registry.js';
import { fakePluginFolder, makeFolder, PASSWORD, startHost, type TestHost } from '../start-host.js';

/** The fake plugin in its own folder, with another module in its place. */
async function pluginOf(t: ExecutionContext, module: string): Promise<string> {
  const folder = await makeFolder(t);
  await cp(join(fakePluginFolder, 'manifest.json'), join(folder, 'manifest.json'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await writeFile(join(folder, 'index.ts'), module);
  return folder;
}

async function asAdmin(host: TestHost) {
  const headers = await host.signIn();
  const set = async (enabled: unknown, id = 'fake') =>
    host.call(`/api/plugins/${id}`, { method: 'PATCH', headers, body: { enabled } });
  const view = async () => {
    const { plugins } = (await host.call('/api/plugins', { headers })).json() as { plugins: PluginView[] };
    return plugins[0];
  };
  const status = async (path = '/edge/any') => (await host.call(path, { headers })).status;
  return { headers, set, view, status };
}

test('plugin life: off, its routes are 404 and its port is closed; on again, both are back', async (t) => {
  const host = await startHost(t);
  const { set, view, status } = await asAdmin(host);
  t.is(await status(), 200);
  const off = await set(false);
  t.is(off.status, 200);
  t.like(off.json(), { id: 'fake', enabled: false, state: 'off', problem: null, tunnelPort: null });
  t.is(await status(), 404);
  // The port is free: another may listen on it now.
  const other = createServer().listen(host.tunnelPort ?? 0, '127.0.0.1');
  await once(other, 'listening');
  other.close();
  t.is((await host.call('/healthz')).status, 200);
  t.like((await set(true)).json(), { enabled: true, state: 'on' });
  t.is(await status(), 200);
  t.like(await view(), { mount: '/edge', version: '1.2.3', state: 'on' });
});

test('plugin life: the choice of an admin survives a restart', async (t) => {
  const first = await startHost(t);
  await (await asAdmin(first)).set(false);
  await first.stop();
  const second = await startHost(t, { dataDir: first.dataDir });
  t.is(second.tunnelPort, null);
  const { set, view, status } = await asAdmin(second);
  t.like(await view(), { enabled: false, state: 'off' });
  t.is(await status(), 404);
  await set(true);
  await second.stop();
  const third = await startHost(t, { dataDir: first.dataDir });
  t.is(await (await asAdmin(third)).status(), 200);
});

test('plugin life: is for admins only, and accepts only true and false', async (t) => {
  const host = await startHost(t);
  const { headers, set, status } = await asAdmin(host);
  const body = { name: 'one environment', environmentId: 1 };
  const bound = (await host.call('/api/tokens', { method: 'POST', headers, body })).json();
  const callers = [{}, { authorization: `Bearer ${bound.token}` }];
  const answers = callers.map(async (caller) => [
    (await host.call('/api/plugins', { headers: caller })).status,
    (await host.call('/api/plugins/fake', { method: 'PATCH', headers: caller, body: { enabled: false } }))
      .status,
  ]);
  t.deepEqual(await Promise.all(answers), [
    [401, 401],
    [403, 403],
  ]);
  t.is((await set('no')).status, 400);
  t.is((await set(false, 'other')).status, 404);
  t.is(await status(), 200);
});

test('plugin life: one whose port is in use fails alone, and starts when it is free', async (t) => {
  const rival = createServer().listen(0, '127.0.0.1');
  await once(rival, 'listening');
  const address = rival.address();
  const tunnelPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const host = await startHost(t, { config: { tunnelPort } });
  t.is(host.tunnelPort, null);
  t.like(host.failures[0], { id: 'fake', code: 'EADDRINUSE' });
  const { set, view, status } = await asAdmin(host);
  t.like(await view(), { enabled: true, state: 'failed' });
  t.is(await status(), 404);
  t.like((await host.call('/healthz')).json(), { status: 'degraded' });
  rival.close();
  await once(rival, 'close');
  t.like((await set(true)).json(), { state: 'on', problem: null, tunnelPort });
  t.is((await host.call('/healthz')).status, 200);
});

const broken: [title: string, module: string, problem: RegExp][] = [
  ['throws while it is loaded', `throw new Error('no good\\nsecond line');`, /^no good$/],
  ['is no JavaScript', 'export const = ;', /./],
  ['imports what is not there', `import 'no-such-package';`, /no-such-package/],
  ['exports something else', 'export const other = 1;', /does not export createPlugin/],
  ['makes something else', 'export const createPlugin = () => ({ routes() {} });', /does not make a plugin/],
  ['throws when it is made', `export function createPlugin() { throw new TypeError('bad'); }`, /^bad$/],
];
for (const [title, module, problem] of broken) {
  test(`plugin life: a plugin that ${title} is a problem in one line, and the host runs`, async (t) => {
    const host = await startHost(t, { deps: { pluginFolders: [await pluginOf(t, module)] } });
    const { view, status } = await asAdmin(host);
    const { state, problem: reported } = (await view()) ?? {};
    t.is(state, 'failed');
    t.regex(reported ?? '', problem);
    t.is(await status(), 404);
    t.is((await host.call('/')).status, 200);
  });
}

test('plugin life: one that throws in requests, takes answers over and fails, or cannot stop, does not affect the others', async (t) => {
  const folder = await pluginOf(
    t,
    `export const createPlugin = () => ({
      routes(ctx, next) {
        if (ctx.path === '/edge/sync') throw new Error('sync');
        if (ctx.path === '/edge/taken') { ctx.respond = false; return Promise.reject(new Error('taken')); }
        if (ctx.path === '/edge/word') return Promise.reject('a string');
        return next();
      },
      upgrade() { throw new Error('upgrade'); },
      async start() { return { tunnelPort: 1 }; },
      async stop() { throw new Error('cannot stop'); },
    });`,
  );
  const host = await startHost(t, { deps: { pluginFolders: [folder] } });
  const { set, status } = await asAdmin(host);
  for (const path of ['/edge/sync', '/edge/taken', '/edge/word']) t.is(await status(path), 500, path);
  t.is((await host.call('/api/session', { method: 'POST', body: { password: PASSWORD } })).status, 200);
  t.like((await set(false)).json(), { enabled: false, state: 'failed', problem: 'cannot stop' });
  t.is(await status('/edge/sync'), 404);
  await t.notThrowsAsync(host.stop());
});
