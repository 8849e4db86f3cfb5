import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startHost } from '../../host/start-host.js';
import { type ForeignProject, makeForeignProject } from '../../kit/embedding/foreign-project.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let made: Promise<ForeignProject> | undefined;
const theProject = () => {
  made ??= makeForeignProject(scope, ['@types/node', '@types/koa', 'koa']);
  return made;
};
const installed = async () => join((await theProject()).folder, 'node_modules/fairlead-plugin');
const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

test.before('the plugin is built, packed and installed', async (t) => {
  t.timeout(300_000);
  await theProject();
});

test('package: holds compiled code with types, its manifest and texts, and nothing else', async (t) => {
  const folder = await installed();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.slice(folder.length).includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const foreign = files.filter((file) => !/^(plugin|protocol)\/.*(\.js|\.d\.ts)$|^docs\/.*\.md$/.test(file));
  t.deepEqual(foreign.sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'manifest.json',
    'package.json',
    'plugin/README.md',
    'plugin/manifest.schema.json',
  ]);
});

test('package: the panel that its manifest names is complete', async (t) => {
  const folder = await installed();
  const { panel } = await readJson(join(folder, 'manifest.json'));
  const entry = await readFile(join(folder, panel.module), 'utf8');
  t.true(entry.includes(`"${panel.element}"`));
  const parts = [...entry.matchAll(/"(\.\/[\w-]+\.js)"/g)].map(([, part]) => String(part));
  t.true(parts.length > 1);
  for (const part of parts) await t.notThrowsAsync(access(join(folder, panel.module, '..', part)), part);
});

test('package: depends on the plugin’s runtime dependencies, and on no development tool', async (t) => {
  const { dependencies, engines } = await readJson(join(await installed(), 'package.json'));
  t.deepEqual(engines, { node: '>=20.19' });
  const names = Object.keys(dependencies);
  for (const name of ['koa', 'jose', 'zod', 'lowdb']) t.true(names.includes(name), name);
  for (const name of ['tsx', 'dockerode', 'pino', 'ajv', 'esbuild']) t.false(names.includes(name), name);
});

test('package: every link in its documents leads to a file in it', async (t) => {
  const folder = await installed();
  for (const text of ['README.md', 'docs/embedding.md']) {
    const links = [...(await readFile(join(folder, text), 'utf8')).matchAll(/\]\((?!\w+:|#)([^)#]+)/g)];
    t.true(links.length > 0, text);
    for (const [, link] of links)
      await t.notThrowsAsync(access(resolve(folder, text, '..', String(link))), `${text}: ${link}`);
  }
});

test('package: runs with plain node, without a warning, and lets the process exit once it has stopped', async (t) => {
  const { folder } = await theProject();
  const program = `
    import { createServer } from 'node:http';
    import { once } from 'node:events';
    import { createPlugin } from 'fairlead-plugin';
    const quiet = () => undefined;
    const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error, child: () => logger };
    const plugin = createPlugin(
      { dataDir: process.argv[2], tunnelPort: 0, bind: '127.0.0.1' },
      { authenticate: async ({ headers }) => headers.authorization ? { id: 'me', via: 'bearer' } : null, logger },
    );
    const server = createServer(plugin.callback).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = 'http://127.0.0.1:' + server.address().port + '/edge/api/environments';
    const status = async (headers) => (await fetch(url, { headers: { connection: 'close', ...headers } })).status;
    console.log(await status({}));
    await plugin.start();
    console.log(await status({}), await status({ authorization: 'x' }));
    await plugin.stop();
    console.log(await status({}));
    server.close();
  `;
  await writeFile(join(folder, 'plain.js'), program);
  const data = join(folder, 'data');
  const { stdout, stderr } = await runCommand(process.execPath, ['plain.js', data], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    timeoutMs: 60_000,
  });
  t.is(stderr, '');
  t.is(stdout, '404\n401 200\n404\n');
});

test('package: a host finds and loads it by its manifest', async (t) => {
  const host = await startHost(t, { deps: { pluginFolders: [await installed()] } });
  t.deepEqual(host.failures, []);
  const { status } = await host.call('/edge/api/environments', { headers: await host.signIn() });
  t.is(status, 200);
});

test('package: its types fit Koa, node:http and node:http2, and reject wrong options', async (t) => {
  const { folder } = await theProject();
  const program = `
    import http from 'node:http';
    import http2 from 'node:http2';
    import Koa from 'koa';
    import { createPlugin, type Action, type Host, type Plugin, type PluginOptions } from 'fairlead-plugin';
    import type { CreateEnvironment, EnvironmentView } from 'fairlead-plugin/api';
    import manifest from 'fairlead-plugin/manifest.json' with { type: 'json' };

    const host: Host = {
      authenticate: async (req) => (req.headers.cookie ? { id: 'me', via: 'cookie', environmentId: 1 } : null),
      authorize: (principal, action: Action, environmentId) => action === 'read' || environmentId === 1,
      logger: {} as Host['logger'],
    };
    const options: PluginOptions = { dataDir: '/data', mount: manifest.mount };
    const plugin: Plugin = createPlugin(options, host);
    new Koa().use(plugin.routes);
    const servers = [http.createServer(plugin.callback), http2.createSecureServer({}, plugin.callback)];
    servers[0]?.on('upgrade', (req, socket, head) => plugin.upgrade(req, socket, head));
    export const started: Promise<{ tunnelPort: number | null }> = plugin.start();
    export const wanted: CreateEnvironment = { name: 'one' };
    export const name = (view: EnvironmentView): string => view.name;

    // @ts-expect-error dataDir is missing
    createPlugin({}, host);
    // @ts-expect-error no such option
    createPlugin({ dataDir: '/data', mountPath: '/' }, host);
    // @ts-expect-error only what the package exports
    import('fairlead-plugin/plugin/server-hooks/options.js');
  `;
  await writeFile(join(folder, 'consumer.ts'), program);
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
  const compilerOptions = { ...strict, module: 'nodenext', target: 'es2023', types: ['node'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const { stdout } = await runCommand(process.execPath, [tsc, '-p', folder], {
    cwd: folder,
    allowFailure: true,
  });
  t.is(stdout, '');
});
