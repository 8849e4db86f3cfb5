import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Middleware } from 'koa';
import { z } from 'zod';
import type { Host } from '../plugin/server-hooks/host.js';
import type { PluginOptions } from '../plugin/server-hooks/options.js';
import type { PluginManifest } from './manifest.js';

/** What a plugin's factory gives back. */
export interface LoadedPlugin {
  /** Answers everything below the mount, and passes the rest on. */
  readonly routes: Middleware;
  /** Takes an upgraded socket, or answers false at once and leaves it alone. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  start(): Promise<{ tunnelPort: number }>;
  stop(): Promise<void>;
  /** Codes of what an operator should see to while it runs. A plugin without the method has none. */
  problems?(): readonly string[];
}

/** Makes a plugin; nothing runs before its `start`. */
export type PluginFactory = (options: PluginOptions, host: Host) => LoadedPlugin;

const callable = z.custom((value) => typeof value === 'function', 'must be a function');
const PluginShape = z.looseObject({ routes: callable, upgrade: callable, start: callable, stop: callable });

/**
 * Imports the module that a manifest names.
 * @throws {Error} when it lacks the named export; what its factory returns is checked when it is called
 */
export async function loadPlugin(manifest: PluginManifest): Promise<PluginFactory> {
  const file = join(manifest.folder, manifest.server.module);
  const module: unknown = await import(pathToFileURL(file).href);
  const create = Object(module)[manifest.server.export];
  if (typeof create !== 'function') throw new Error(`${file} does not export ${manifest.server.export}()`);
  return (options, host) => {
    const plugin: unknown = create(options, host);
    const { error } = PluginShape.safeParse(plugin);
    if (error) throw new Error(`${file} does not make a plugin:\n${z.prettifyError(error)}`);
    return plugin as LoadedPlugin;
  };
}
