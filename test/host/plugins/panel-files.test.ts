import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fakePluginFolder, makeFolder, startHost } from '../start-host.js';

/** A plugin whose manifest names a panel. */
async function pluginWithPanel(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  await cp(fakePluginFolder, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const panel = { module: './panel/main.js', element: 'fake-panel' };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, panel }));
  return folder;
}

test('panel files: the modules of a plugin’s panel are served, and nothing else of it', async (t) => {
  const folder = await pluginWithPanel(t);
  await mkdir(join(folder, 'panel'));
  await writeFile(join(folder, 'panel/main.js'), 'import "./part.js";');
  await writeFile(join(folder, 'panel/part.js'), '1;');
  await writeFile(join(folder, 'panel/notes.txt'), 'mine');
  const host = await startHost(t, { deps: { pluginFolders: [folder] } });
  const { plugins } = (await host.call('/api/plugins', { headers: await host.signIn() })).json();
  t.deepEqual(Object((plugins as unknown[])[0]).panel, {
    module: '/panels/fake/main.js',
    element: 'fake-panel',
  });
  const main = await host.call('/panels/fake/main.js');
  t.deepEqual([main.status, main.text], [200, 'import "./part.js";']);
  t.is(main.headers['content-type'], 'text/javascript; charset=utf-8');
  t.is(main.headers['x-content-type-options'], 'nosniff');
  t.is((await host.call('/panels/fake/part.js')).status, 200);
  for (const path of [
    '/panels/fake/notes.txt',
    '/panels/fake/..%2findex.ts',
    '/panels/fake/',
    '/panels/other/main.js',
  ])
    t.is((await host.call(path)).status, 404, path);
});

test('panel files: a missing panel does not stop the host from starting', async (t) => {
  const host = await startHost(t, { deps: { pluginFolders: [await pluginWithPanel(t)] } });
  t.deepEqual(host.failures, []);
  t.is((await host.call('/panels/fake/main.js')).status, 404);
});
