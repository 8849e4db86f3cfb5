import { chmod, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The `fairlead` command, relative to the project. */
export const CLI_BUNDLE = 'dist/cli/fairlead.mjs';

/** Bundles the command into one executable ES module for Node 20 that needs no `node_modules`. Resolves with its size in bytes. */
export async function buildCli(outfile = CLI_BUNDLE): Promise<number> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    define: { 'process.env.FAIRLEAD_VERSION': JSON.stringify(version) },
    // For CommonJS packages inside an ES module; they require nothing but Node's own modules.
    banner: { js: '#!/usr/bin/env node\nconst require = process.getBuiltinModule;' },
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    metafile: true,
    logLevel: 'error',
  });
  await chmod(resolve(root, outfile), 0o755);
  return Object.values(metafile.outputs).reduce((bytes, output) => bytes + output.bytes, 0);
}
