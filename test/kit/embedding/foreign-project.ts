import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPlugin } from '../../../tools/build/plugin.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

/** A foreign project: the plugin is installed in it as `npm pack` makes it. */
export interface ForeignProject {
  readonly folder: string;
  /** The packed plugin. */
  readonly tarball: string;
}

/** Makes one in a temporary folder; `packages` of our `package.json` are installed with the plugin, in the same version. */
export async function makeForeignProject(
  t: Scope,
  packages: readonly string[] = [],
): Promise<ForeignProject> {
  const [built, packed, folder] = [await tempFolder(t), await tempFolder(t), await tempFolder(t)];
  await buildPlugin(built);
  await npm(['pack', built, '--pack-destination', packed], folder);
  const { version, dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const tarball = join(packed, `fairlead-plugin-${version}.tgz`);
  const known: Record<string, string> = { ...dependencies, ...devDependencies };
  const installed = Object.fromEntries(packages.map((name) => [name, known[name]]));
  const project = {
    private: true,
    type: 'module',
    dependencies: { 'fairlead-plugin': `file:${tarball}`, ...installed },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(project));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(await lockFile()));
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund'], folder);
  return { folder, tarball };
}

/** Our modules without us: npm uses them and its cache, and needs no registry. */
async function lockFile(): Promise<object> {
  const { lockfileVersion, packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  return { lockfileVersion, requires: true, packages: { ...packages, '': {} } };
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  await runCommand('npm', args, { cwd, env: { ...process.env, npm_config_update_notifier: 'false' } });
}
