import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Middleware } from 'koa';
import { z } from 'zod';
import type { Host } from '../../plugin/server-hooks/host.js';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import type { PluginOptions } from '../../plugin/server-hooks/options.js';
import type { PluginManifest } from './manifest.js';

/** Result of a plugin's factory. */
export interface LoadedPlugin {
  /** Answers everything below the mount, and passes on the rest. */
  readonly routes: Middleware;
  /**
   * Answers a call that needs none of the host's middleware, or returns false immediately and leaves it untouched. A
   * plugin without the method has no such calls.
   */
  checkIn?(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): boolean;
  /** The same for a GET without a body whose head the host has read itself. */
  answerCheckIn?(head: CheckInHead, exchange: CheckInExchange): boolean;
  /** Accepts an upgraded socket, or returns false immediately and leaves it untouched. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Resolves to the ports in use. */
  start(): Promise<{ tunnelPort: number | null; dockerPort?: number | null }>;
  stop(): Promise<void>;
  /** Codes of current problems for the operator. A plugin without the method has none. */
  problems?(): readonly string[];
}

/** Creates a plugin; nothing runs before its `start`. */
export type PluginFactory = (options: PluginOptions, host: Host) => LoadedPlugin;

const callable = z.custom((value) => typeof value === 'function', 'must be a function');
const PluginShape = z.looseObject({
  routes: callable,
  checkIn: callable.optional(),
  answerCheckIn: callable.optional(),
  upgrade: callable,
  start: callable,
  stop: callable,
});

/**
 * Imports the module that a manifest names.
 * @throws {Error} when it lacks the named export; the factory's result is checked when it is called
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
