import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import schema from '../../plugin/manifest.schema.json' with { type: 'json' };

/** A plugin's manifest; `plugin/manifest.schema.json` describes each member. */
interface Manifest {
  readonly manifestVersion: 1;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly server: { readonly module: string; readonly export: string };
  readonly panel?: { readonly module: string; readonly element: string };
  readonly mount: string;
  readonly ports?: { readonly tunnel?: number; readonly docker?: number };
  readonly agent?: { readonly image: string };
}

/** A validated manifest. */
export interface PluginManifest extends Manifest {
  /** Absolute path of its folder. */
  readonly folder: string;
}

// `verbose`: errors carry the member's description, which is clearer than a pattern.
const isManifest = new Ajv2020({ verbose: true }).compile<Manifest>(schema);

/**
 * Reads a manifest and checks it against the published schema.
 * @throws {Error} one line that names the file and the first invalid member
 */
export async function readManifest(file: string): Promise<PluginManifest> {
  const manifest = parseJson(file, await readFile(file, 'utf8'));
  if (isManifest(manifest)) return { ...manifest, folder: dirname(file) };
  throw new Error(`${file} is not a plugin manifest: ${reasonOf(isManifest.errors?.[0])}`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not a plugin manifest: it is not JSON`, { cause });
  }
}

function reasonOf(error: ErrorObject | undefined): string {
  const member = error?.instancePath.slice(1).replaceAll('/', '.') || 'it';
  const description = error?.keyword === 'required' ? undefined : error?.parentSchema?.description;
  return `${member} ${error?.message ?? 'cannot be used'}${description ? ` (${description})` : ''}`;
}
