import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type PluginManifest, readManifest } from './manifest.js';

/**
 * The plugins in `folders`, found by the `manifest.json` in each; a folder without one is passed over.
 * @throws {Error} for a malformed manifest, and for two plugins that want the same id or mount
 */
export async function findPlugins(folders: readonly string[]): Promise<PluginManifest[]> {
  const found: PluginManifest[] = [];
  for (const folder of folders) {
    const file = join(folder, 'manifest.json');
    if (!(await exists(file))) continue;
    const manifest = await readManifest(file);
    const rival = found.find(({ id, mount }) => id === manifest.id || mount === manifest.mount);
    if (rival) throw new Error(`${file}: id or mount is already taken by ${rival.folder}`);
    found.push(manifest);
  }
  return found;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
