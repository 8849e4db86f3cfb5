import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { findPlugins } from '../../../host/plugins/find-plugins.js';
import { readManifest } from '../../../host/plugins/manifest.js';
import schema from '../../../plugin/manifest.schema.json' with { type: 'json' };
import { fakePluginFolder, makeFolder, startHost } from '../start-host.js';

const good = JSON.parse(await readFile(join(fakePluginFolder, 'manifest.json'), 'utf8'));

async function write(t: ExecutionContext, text: string): Promise<string> {
  const folder = join(await makeFolder(t), 'plugin');
  await mkdir(folder);
  await writeFile(join(folder, 'manifest.json'), text);
  return folder;
}

const broken: [title: string, manifest: unknown, reason: RegExp][] = [
  ['no object', [], /it must be object/],
  ['null', null, /it must be object/],
  ['no members', {}, /it must have required property 'manifestVersion'/],
  ['a later version', { ...good, manifestVersion: 2 }, /manifestVersion must be equal to constant/],
  ['no id', { ...good, id: undefined }, /it must have required property 'id'/],
  ['an id with spaces', { ...good, id: 'Has Spaces' }, /id must match pattern .*data folder/],
  ['an id of a folder above', { ...good, id: '..' }, /id must match pattern/],
  ['an id of 65 letters', { ...good, id: 'a'.repeat(65) }, /id must match pattern/],
  ['an empty name', { ...good, name: '' }, /name must NOT have fewer than 1 characters/],
  ['a name of two lines', { ...good, name: 'a\nb' }, /name must match pattern/],
  ['a version that is none', { ...good, version: 'latest' }, /version must match pattern/],
  ['a server that is text', { ...good, server: './index.js' }, /server must be object/],
  ['a module above', { ...good, server: { module: '../x.js', export: 'a' } }, /server\.module must match/],
  ['a hidden module', { ...good, server: { module: './a/../../x.js', export: 'a' } }, /server\.module must/],
  ['an absolute module', { ...good, server: { module: '/etc/x.js', export: 'a' } }, /server\.module must/],
  ['a module by URL', { ...good, server: { module: 'data:x.js', export: 'a' } }, /server\.module must match/],
  ['a module of JSON', { ...good, server: { module: 'x.json', export: 'a' } }, /server\.module must match/],
  ['no export', { ...good, server: { module: 'x.js' } }, /server must have required property 'export'/],
  ['mount /', { ...good, mount: '/' }, /mount must match pattern .*such as \/edge/],
  ['a mount with a slash at its end', { ...good, mount: '/edge/' }, /mount must match pattern/],
  ['a mount with dots', { ...good, mount: '/a/../b' }, /mount must match pattern/],
  ['a mount with a pattern', { ...good, mount: '/:any' }, /mount must match pattern/],
  ['a port that is none', { ...good, ports: { tunnel: 70_000 } }, /ports\.tunnel must be <= 65535/],
  ['a port as text', { ...good, ports: { tunnel: '8000' } }, /ports\.tunnel must be integer/],
  ['an element without a dash', { ...good, panel: { module: 'p.js', element: 'x' } }, /panel\.element must/],
  ['an image with spaces', { ...good, agent: { image: 'a b' } }, /agent\.image must match pattern/],
];
for (const [title, manifest, reason] of broken) {
  test(`manifest: ${title} is refused in one line that names file and member`, async (t) => {
    const folder = await write(t, JSON.stringify(manifest));
    const error = await t.throwsAsync(readManifest(join(folder, 'manifest.json')), { message: reason });
    t.true(error.message.startsWith(`${join(folder, 'manifest.json')} is not a plugin manifest: `));
    t.notRegex(error.message, /\n/);
  });
}

test('manifest: what is not JSON is refused in one line', async (t) => {
  const folder = await write(t, '{"manifestVersion": 1,');
  await t.throwsAsync(readManifest(join(folder, 'manifest.json')), { message: /it is not JSON$/ });
});

test('manifest: ours and a folder for node_modules are accepted, members of later versions are ignored', async (t) => {
  const valid = new Ajv2020().compile(schema);
  t.true(valid(JSON.parse(await readFile('manifest.json', 'utf8'))), JSON.stringify(valid.errors));
  t.true(valid({ ...good, later: true, server: { module: './node_modules/@a/b.c/x.mjs', export: 'a' } }));
  t.true(valid({ ...good, mount: '/a/b-c/edge', panel: { module: 'panel.js', element: 'fairlead-panel' } }));
});

test('manifest: no accepted text lets a module leave its folder, or a mount its path', (t) => {
  const valid = new Ajv2020().compile(schema);
  const part = fc.oneof(
    fc.constantFrom('.', '..', '/', '\\', '%2e%2e', '\0', './', 'a', 'x.js'),
    fc.string(),
  );
  const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (module, mount) => {
      if (valid({ ...good, server: { module: `${module}.js`, export: 'a' } }))
        t.true(new URL(`${module}.js`, 'file:///plugin/folder/').href.startsWith('file:///plugin/folder/'));
      if (valid({ ...good, mount: `/${mount}` }))
        t.is(new URL(`/${mount}`, 'http://a').pathname, `/${mount}`);
    }),
    { numRuns: 2_000 },
  );
});

test('manifest: with any JSON in it, finding plugins continues and reports one line', async (t) => {
  const folder = await write(t, '');
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      await writeFile(join(folder, 'manifest.json'), text);
      const { manifests, refused } = await findPlugins([folder, fakePluginFolder]);
      t.deepEqual(
        manifests.map(({ id }) => id),
        ['fake'],
      );
      t.is(refused.length, 1);
      t.notRegex(refused[0] ?? '', /\n/);
    }),
    { numRuns: 200 },
  );
});

test('manifest: a host with a broken one logs it and runs with its other plugins', async (t) => {
  const lines: object[] = [];
  const note = (fields: object) => lines.push(fields);
  const logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const folder = await write(t, JSON.stringify({ ...good, mount: '/api/mine' }));
  const host = await startHost(t, { deps: { logger, pluginFolders: [folder, fakePluginFolder] } });
  const reasons = lines.flatMap((line) => ('reason' in line ? [String(line.reason)] : []));
  t.is(reasons.length, 1);
  t.regex(reasons[0] ?? '', /mount \/api\/mine is the host's own$/);
  t.is((await host.call('/edge/any', { headers: await host.signIn() })).status, 200);
});
