import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findPlugins } from '../../../host/plugins/find-plugins.js';
import { loadPlugin } from '../../../host/plugins/load-plugin.js';
import { readManifest } from '../../../host/plugins/manifest.js';
import { fakePluginFolder, makeFolder, startHost } from '../start-host.js';

async function writeManifest(t: ExecutionContext, changes: object, name = 'plugin'): Promise<string> {
  const folder = join(await makeFolder(t), name);
  await mkdir(folder);
  const manifest = JSON.parse(await readFile(join(fakePluginFolder, 'manifest.json'), 'utf8'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
  return folder;
}

test('plugins: one gets its folder, mount, addresses, image and the CA', async (t) => {
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

test('plugins: a folder without a manifest is skipped', async (t) => {
  const { manifests, refused } = await findPlugins([await makeFolder(t), fakePluginFolder]);
  t.deepEqual(
    manifests.map(({ id, folder }) => [id, folder]),
    [['fake', fakePluginFolder]],
  );
  t.deepEqual(refused, []);
});

test('plugins: of two with the same or nested mounts, the later is refused', async (t) => {
  for (const mount of ['/edge', '/edge/below']) {
    const rival = await writeManifest(t, { id: 'rival', mount });
    const { manifests, refused } = await findPlugins([fakePluginFolder, rival]);
    t.is(manifests.length, 1);
    t.regex(refused[0] ?? '', /already used by .*fake-plugin/);
  }
  const second = await writeManifest(t, { id: 'second', mount: '/edge-2' });
  t.is((await findPlugins([fakePluginFolder, second])).manifests.length, 2);
});

test('plugins: a module without the export, and a factory that makes something else, are refused', async (t) => {
  const folder = await writeManifest(t, { server: { module: './plugin.mjs', export: 'createPlugin' } });
  const manifest = await readManifest(join(folder, 'manifest.json'));
  await writeFile(join(folder, 'plugin.mjs'), 'export const other = 1;');
  await t.throwsAsync(loadPlugin(manifest), { message: /does not export createPlugin/ });
  await writeFile(join(folder, 'other.mjs'), 'export const createPlugin = () => ({ routes() {} });');
  const server = { module: 'other.mjs', export: 'createPlugin' };
  const create = await loadPlugin({ ...manifest, server });
  t.throws(() => create({} as Parameters<typeof create>[0], {} as Parameters<typeof create>[1]), {
    message: /does not make a plugin/,
  });
});
