import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readImportGraph } from '../import-graph.js';
import { buildPanel } from './panel.js';

/** The plugin's package, relative to the project. Run `npm pack` and `npm publish` there. */
export const PLUGIN_FOLDER = 'dist/plugin';

const ENTRY = 'plugin/server-hooks/index';
const PANEL = 'plugin/ui-panel';
/** Besides the code: files its texts link to, and files a host reads. */
const COPIED = [
  'LICENSE',
  'CHANGELOG.md',
  'plugin/manifest.schema.json',
  'plugin/README.md',
  'docs/api.md',
  'docs/configuration.md',
  'docs/embedding.md',
  'docs/errors.md',
  'docs/metrics.md',
];

/**
 * Builds the package `fairlead-plugin`: the plugin as plain JavaScript with types, for dashboards without a TypeScript
 * loader. The layout is the project's, so that all paths stay valid. Resolves with the size of the code in bytes.
 */
export async function buildPlugin(outdir = PLUGIN_FOLDER): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const target = resolve(root, outdir);
  const readJson = async (name: string) => JSON.parse(await readFile(join(root, name), 'utf8'));
  const [project, manifest] = [await readJson('package.json'), await readJson('manifest.json')];
  await rm(target, { recursive: true, force: true });
  await mkdir(join(target, 'docs'), { recursive: true });
  // `npm run check` checks the types.
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    join(root, 'plugin'),
    '--outDir',
    target,
    '--noCheck',
  ]);

  for (const file of COPIED) await cp(join(root, file), join(target, file));
  const readme = await readFile(join(root, 'plugin/README.md'), 'utf8');
  // It moves up one folder: adjust its links.
  await writeFile(
    join(target, 'README.md'),
    readme.replace(/\]\((?!\w+:|#)/g, '](plugin/').replaceAll('](plugin/../', ']('),
  );
  const writeJson = (file: string, value: object) =>
    writeFile(join(target, file), `${JSON.stringify(value, null, 2)}\n`);
  await buildPanel(join(target, PANEL));
  await writeJson('manifest.json', {
    ...manifest,
    server: { ...manifest.server, module: `./${ENTRY}.js` },
    panel: { ...manifest.panel, module: `./${PANEL}/fairlead-panel.js` },
  });
  await writeJson('package.json', {
    name: 'fairlead-plugin',
    version: project.version,
    description:
      'Lets your dashboard manage Docker Engines it cannot reach: agents dial out, this plugin is their hub',
    keywords: ['docker', 'edge', 'agent', 'tunnel', 'koa', 'express', 'dashboard'],
    license: project.license,
    type: 'module',
    engines: project.engines,
    exports: {
      '.': { types: `./${ENTRY}.d.ts`, default: `./${ENTRY}.js` },
      './api': { types: './plugin/api.d.ts' },
      './panel': `./${PANEL}/fairlead-panel.js`,
      './manifest.json': './manifest.json',
      './manifest.schema.json': './plugin/manifest.schema.json',
      './package.json': './package.json',
    },
    files: ['plugin', 'protocol', 'docs', 'manifest.json', 'CHANGELOG.md'],
    dependencies: await dependencies(root, project.dependencies),
  });
  return codeBytes(target);
}

/** The project's dependencies that the plugin imports, as ranges, to allow later fixes. */
async function dependencies(root: string, all: Record<string, string>): Promise<Record<string, string>> {
  const graph = await readImportGraph(root, ['plugin/server-hooks', 'plugin/api', 'protocol']);
  const names = new Set([...graph.values()].flatMap(({ packages }) => packages));
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => names.has(name))
      .map(([name, version]) => [name, `^${version}`]),
  );
}

async function codeBytes(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(files.map(async (name) => (await readFile(join(folder, name))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}
