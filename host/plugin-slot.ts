import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { LoadedPlugin } from './load-plugin.js';
import type { PluginManifest } from './manifest.js';

/**
 * A plugin's fixed place in the host. It can be enabled and disabled while the host runs: each time it is enabled, a
 * new plugin is made. Disabled, the slot lets everything pass.
 */
export class PluginSlot {
  readonly manifest: PluginManifest;
  readonly #create: () => LoadedPlugin;
  #plugin: LoadedPlugin | null = null;

  constructor(manifest: PluginManifest, create: () => LoadedPlugin) {
    this.manifest = manifest;
    this.#create = create;
  }

  /** To be placed before anything that reads bodies: the plugin streams them. */
  readonly routes: Middleware = (ctx, next) => (this.#plugin ? this.#plugin.routes(ctx, next) : next());

  /** @returns false when nobody took the socket */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.#plugin?.upgrade(req, socket, head) ?? false;
  }

  /** Starts the plugin. It answers nothing before it has started. */
  async enable(): Promise<{ tunnelPort: number }> {
    if (this.#plugin) throw new Error(`plugin ${this.manifest.id} is enabled already`);
    const plugin = this.#create();
    try {
      const started = await plugin.start();
      this.#plugin = plugin;
      return started;
    } catch (error) {
      await plugin.stop();
      throw error;
    }
  }

  /** Stops the plugin; nothing to do when it is not enabled. */
  async disable(): Promise<void> {
    const plugin = this.#plugin;
    this.#plugin = null;
    await plugin?.stop();
  }
}
