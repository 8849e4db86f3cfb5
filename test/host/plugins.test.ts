import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findPlugins } from '../../host/find-plugins.js';
import { loadPlugin } from '../../host/load-plugin.js';
import { PluginSlot } from '../../host/plugin-slot.js';
import { fakePluginFolder, makeFolder, startHost } from './start-host.js';

async function writeManifest(t: ExecutionContext, changes: object, name = 'plugin'): Promise<string> {
  const folder = join(await makeFolder(t), name);
  await mkdir(folder);
  const manifest = JSON.parse(await readFile(join(fakePluginFolder, 'manifest.json'), 'utf8'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
  return folder;
}

test('plugins: one is told its folder, mount, addresses, image and the CA', async (t) => {
  const host = await startHost(t, { config: { publicUrl: 'https://hub.example:9443' } });
  const answer = (await host.call('/edge/anything', { headers: await host.signIn() })).json();
  t.deepEqual(answer.options, {
    dataDir: join(host.dataDir, 'plugins', 'fake'),
    mount: '/edge',
    tunnelPort: 0,
    bind: '127.0.0.1',
    publicUrl: 'https://hub.example:9443/edge',
    agentImage: 'example/agent:1.2.3',
  });
  t.is(answer.ca, host.ca);
});

test('plugins: a folder without a manifest is passed over', async (t) => {
  const found = await findPlugins([await makeFolder(t), fakePluginFolder]);
  t.deepEqual(
    found.map(({ id, folder }) => [id, folder]),
    [['fake', fakePluginFolder]],
  );
});

test('plugins: two that want one mount are refused', async (t) => {
  const rival = await writeManifest(t, { id: 'rival' });
  await t.throwsAsync(findPlugins([fakePluginFolder, rival]), { message: /already taken by .*fake-plugin/ });
});

const malformed: [object, RegExp][] = [
  [{ manifestVersion: 2 }, /manifestVersion/],
  [{ id: 'Has Spaces' }, /→ at id/],
  [{ mount: '/' }, /→ at mount/],
  [{ mount: '/a/../b' }, /→ at mount/],
  [{ server: { module: '../outside.ts', export: 'createPlugin' } }, /→ at server.module/],
  [{ server: { module: '/etc/passwd', export: 'createPlugin' } }, /→ at server.module/],
  [{ ports: { tunnel: 70000 } }, /→ at ports.tunnel/],
];
for (const [changes, message] of malformed) {
  test(`plugins: a manifest with ${JSON.stringify(changes)} is refused by name and member`, async (t) => {
    const folder = await writeManifest(t, changes);
    await t.throwsAsync(findPlugins([folder]), { message });
    await t.throwsAsync(findPlugins([folder]), { message: /manifest\.json is no plugin manifest/ });
  });
}

test('plugins: a module without the export, and a factory that makes something else, are refused', async (t) => {
  const folder = await writeManifest(t, { server: { module: './plugin.mjs', export: 'createPlugin' } });
  const [manifest] = await findPlugins([folder]);
  if (!manifest) return t.fail();
  await writeFile(join(folder, 'plugin.mjs'), 'export const other = 1;');
  await t.throwsAsync(loadPlugin(manifest), { message: /does not export createPlugin/ });
  await writeFile(join(folder, 'other.mjs'), 'export const createPlugin = () => ({ routes() {} });');
  const server = { module: 'other.mjs', export: 'createPlugin' };
  const create = await loadPlugin({ ...manifest, server });
  t.throws(() => create({} as Parameters<typeof create>[0], {} as Parameters<typeof create>[1]), {
    message: /does not make a plugin/,
  });
});

test('plugins: a slot makes a new one each time it is enabled, and stops one that could not start', async (t) => {
  const [manifest] = await findPlugins([fakePluginFolder]);
  if (!manifest) return t.fail();
  const seen: string[] = [];
  let made = 0;
  const slot = new PluginSlot(manifest, () => {
    const number = ++made;
    return {
      routes: async () => undefined,
      upgrade: () => true,
      start: async () => {
        seen.push(`start ${number}`);
        if (number === 3) throw new Error('port taken');
        return { tunnelPort: number };
      },
      stop: async () => {
        seen.push(`stop ${number}`);
      },
    };
  });
  const isMounted = () =>
    slot.upgrade({} as Parameters<typeof slot.upgrade>[0], {} as never, Buffer.alloc(0));
  t.false(isMounted());
  await slot.enable();
  t.true(isMounted());
  await slot.disable();
  await slot.disable();
  t.false(isMounted());
  t.deepEqual(await slot.enable(), { tunnelPort: 2 });
  await slot.disable();
  await t.throwsAsync(slot.enable(), { message: 'port taken' });
  t.false(isMounted());
  t.deepEqual(seen, ['start 1', 'stop 1', 'start 2', 'stop 2', 'start 3', 'stop 3']);
});

test('plugins: a port that is taken stops what has been started', async (t) => {
  const { port, tunnelPort } = await startHost(t);
  const earlier = await startHost(t);
  await earlier.stop();
  const free = { tunnelPort: earlier.tunnelPort ?? 0 };
  await t.throwsAsync(startHost(t, { config: { ...free, port } }), { code: 'EADDRINUSE' });
  t.is((await startHost(t, { config: free })).tunnelPort, earlier.tunnelPort);
  await t.throwsAsync(startHost(t, { config: { tunnelPort: tunnelPort ?? 0 } }), { code: 'EADDRINUSE' });
});
