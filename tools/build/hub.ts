import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPanel } from './panel.js';

/** The bundled hub, relative to the project. */
export const HUB_FOLDER = 'dist/hub';

const PLUGIN = 'plugin/server-hooks/index';
/** The worker's code: nothing imports it. */
const WORKER = 'plugin/server-hooks/json-worker-entry';
const PANEL = 'plugin/ui-panel';
/** The `fairlead` command: here it shares its code with the hub. */
const CLI = 'cli/main';

/**
 * Bundles the hub (host and plugin) into a folder of ES modules for Node 20 that needs no `node_modules`: the content of
 * the hub's image. The layout is the project's, so that the host finds page and plugin by the same paths. Resolves with
 * the size of the code in bytes.
 */
export async function buildHub(outdir = HUB_FOLDER): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const target = join(root, outdir);
  const readJson = async (name: string) => JSON.parse(await readFile(join(root, name), 'utf8'));
  const [{ name, version, license }, manifest] = [
    await readJson('package.json'),
    await readJson('manifest.json'),
  ];
  await rm(target, { recursive: true, force: true });
  await mkdir(join(target, 'host'), { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      'host/main': 'host/main.ts',
      [PLUGIN]: `${PLUGIN}.ts`,
      [WORKER]: `${WORKER}.ts`,
      [CLI]: `${CLI}.ts`,
    },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    define: { 'process.env.FAIRLEAD_VERSION': JSON.stringify(version) },
    // CommonJS packages inside an ES module still use `require` for Node's own modules, and `__filename`.
    banner: {
      js: [
        "import { createRequire as createRequireOf } from 'node:module';",
        'const require = createRequireOf(import.meta.url);',
        'const __filename = import.meta.filename;',
        'const __dirname = import.meta.dirname;',
      ].join('\n'),
    },
    legalComments: 'none',
    minifySyntax: true,
    metafile: true,
    logLevel: 'error',
  });
  await buildPanel(join(outdir, PANEL));
  await cp(join(root, 'host/page'), join(target, 'host/page'), { recursive: true });
  await cp(join(root, 'LICENSE'), join(target, 'LICENSE'));
  const writeJson = (file: string, value: object) =>
    writeFile(join(target, file), `${JSON.stringify(value, null, 2)}\n`);
  await writeJson('package.json', { name, version, license, type: 'module' });
  const server = { ...manifest.server, module: `./${PLUGIN}.js` };
  const panel = { ...manifest.panel, module: `./${PANEL}/fairlead-panel.js` };
  await writeJson('manifest.json', { ...manifest, server, panel });
  return Object.values(metafile.outputs).reduce((bytes, output) => bytes + output.bytes, 0);
}
