import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, normalize } from 'node:path';
import { z } from 'zod';

const insideFolder = z
  .string()
  .refine(
    (path) => !isAbsolute(path) && !normalize(path).startsWith('..'),
    'must stay inside the plugin folder',
  );

const port = z.int().min(0).max(65535);

/** What a plugin says of itself in `manifest.json`. Unknown members are ignored. */
const PluginManifest = z.object({
  manifestVersion: z.literal(1),
  id: z.string().regex(/^[a-z][a-z\d-]*$/, 'must be lowercase letters, digits and dashes'),
  name: z.string().min(1),
  version: z.string().min(1),
  /** The module to load, relative to the manifest, and the name of its `createPlugin` export. */
  server: z.object({ module: insideFolder, export: z.string().min(1) }),
  /** The web panel: a module that defines a custom element. */
  panel: z.object({ module: insideFolder, element: z.string().min(1) }).optional(),
  /** The path below which the plugin answers. */
  mount: z.string().regex(/^\/[\w-]+$/, 'must be one path segment, such as /edge'),
  ports: z.object({ tunnel: port.optional() }).optional(),
  agent: z.object({ image: z.string().min(1) }).optional(),
});

export type PluginManifest = z.infer<typeof PluginManifest> & {
  /** Absolute path of the folder that holds the manifest. */
  readonly folder: string;
};

/**
 * Reads and checks a manifest.
 * @throws {Error} that names the file and the members which are wrong
 */
export async function readManifest(file: string): Promise<PluginManifest> {
  const result = PluginManifest.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!result.success) throw new Error(`${file} is no plugin manifest:\n${z.prettifyError(result.error)}`);
  return { ...result.data, folder: dirname(file) };
}
