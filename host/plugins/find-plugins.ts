import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type PluginManifest, readManifest } from './manifest.js';

/** Result of the search. */
export interface FoundPlugins {
  readonly manifests: readonly PluginManifest[];
  /** One line for each unusable manifest, with the reason. */
  readonly refused: readonly string[];
}

/** First path segments that belong to the host. */
const OWN = ['api', 'healthz', 'grpc', 'panels', 'session'];

/**
 * The plugins in `folders`, found by the `manifest.json` in each; a folder without one is skipped. An unusable manifest
 * does not affect the others.
 */
export async function findPlugins(folders: readonly string[]): Promise<FoundPlugins> {
  const manifests: PluginManifest[] = [];
  const refused: string[] = [];
  for (const folder of folders) {
    const file = join(folder, 'manifest.json');
    if (!(await exists(file))) continue;
    try {
      const manifest = await readManifest(file);
      refuseClash(file, manifest, manifests);
      manifests.push(manifest);
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { manifests, refused };
}

/** Rejects nested mounts, which would make routing ambiguous. */
function refuseClash(file: string, { id, mount }: PluginManifest, others: readonly PluginManifest[]): void {
  if (OWN.includes(mount.split('/')[1] ?? '')) throw new Error(`${file}: mount ${mount} is the host's own`);
  const isBelow = (path: string, other: string) => `${path}/`.startsWith(`${other}/`);
  const rival = others.find(
    (other) => other.id === id || isBelow(mount, other.mount) || isBelow(other.mount, mount),
  );
  if (rival) throw new Error(`${file}: id or mount is already used by ${rival.folder}`);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
