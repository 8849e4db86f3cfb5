import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { fakePluginFolder, makeFolder, startHost } from '../start-host.js';

/** What the host gave to the fake plugin, with these ports in its manifest. */
async function optionsWith(t: Parameters<typeof startHost>[0], ports: object): Promise<object> {
  const folder = await makeFolder(t);
  const manifest = JSON.parse(await readFile(join(fakePluginFolder, 'manifest.json'), 'utf8'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ports }));
  await cp(join(fakePluginFolder, 'index.ts'), join(folder, 'index.ts'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  const config = { dockerAddress: 'docker.example:12376', tunnelAddress: 'tunnel.example:8000' };
  const host = await startHost(t, { config, deps: { pluginFolders: [folder] } });
  const answer = await host.call('/edge/any', { headers: await host.signIn() });
  return (answer.json() as { options: object }).options;
}

test('open slots: a plugin gets the addresses of the settings, those of the Docker port if its manifest has one', async (t) => {
  const both = { dockerPort: 'none', dockerAddress: 'docker.example:12376' };
  t.like(await optionsWith(t, { tunnel: 8000, docker: 2376 }), {
    ...both,
    tunnelAddress: 'tunnel.example:8000',
  });
  const without = await optionsWith(t, { tunnel: 8000 });
  for (const name of Object.keys(both)) t.false(Object.hasOwn(without, name), name);
});
