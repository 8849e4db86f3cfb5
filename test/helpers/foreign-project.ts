import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPlugin } from '../../tools/build-plugin.js';
import { runCommand } from '../../tools/lab/run-command.js';
import type { Scope } from './scope.js';
import { tempFolder } from './temp-folder.js';

/** A project that is none of ours: the plugin is in it as `npm pack` makes it and `npm install` takes it. */
export interface ForeignProject {
  readonly folder: string;
  /** The packed plugin. */
  readonly tarball: string;
}

/** Makes one in a temporary folder; `packages` of our `package.json` are installed beside the plugin, as of the same version. */
export async function makeForeignProject(
  t: Scope,
  packages: readonly string[] = [],
): Promise<ForeignProject> {
  const [built, packed, folder] = [await tempFolder(t), await tempFolder(t), await tempFolder(t)];
  await buildPlugin(built);
  await npm(['pack', built, '--pack-destination', packed], folder);
  const { version, dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const tarball = join(packed, `fairlead-plugin-${version}.tgz`);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const known: Record<string, string> = { ...dependencies, ...devDependencies };
  const beside = packages.map((name) => `${name}@${known[name]}`);
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...beside], folder);
  return { folder, tarball };
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  await runCommand('npm', args, { cwd, env: { ...process.env, npm_config_update_notifier: 'false' } });
}
