import { startApi } from './assembly/api.js';
import { startDockerAccess } from './assembly/docker-access.js';
import { startLive } from './assembly/live.js';
import { startStorage, storageProblems } from './assembly/storage.js';
import { startTunnels } from './assembly/tunnels.js';
import type { Host, Logger } from './host.js';
import { Lifecycle } from './lifecycle.js';
import { type PluginOptions, parseOptions, type ResolvedOptions } from './options.js';
import { mountPlugin, type Plugin, type Running } from './plugin.js';

export type { Action, Host, Logger, Principal } from './host.js';
export type { PluginOptions } from './options.js';
export type { KoaContext, Plugin, StartedPorts } from './plugin.js';
export type { CheckInExchange, CheckInHead } from './routes/agents/check-in-exchange.js';

/**
 * Creates the plugin; nothing runs before `start()`.
 * @throws TypeError that names the invalid option
 */
export function createPlugin(options: PluginOptions, host: Host): Plugin {
  const resolved = parseOptions(options);
  const logger = host.logger.child({ plugin: 'fairlead' });
  const { mount, clock } = resolved;
  return mountPlugin({ mount, clock, logger, run: () => run(resolved, host, logger) });
}

/** Starts the assemblies in order; they stop in reverse. */
async function run(options: ResolvedOptions, host: Host, logger: Logger): Promise<Running> {
  const lifecycle = new Lifecycle(options.clock);
  try {
    const storage = await startStorage(options, logger, lifecycle);
    const dockerAccess = await startDockerAccess(options, storage, logger, lifecycle);
    const live = await startLive(options, storage, logger, lifecycle);
    const tunnels = await startTunnels(options, storage, live, logger, lifecycle);
    const parts = { options, host, logger, ...storage, ...dockerAccess, ...live, ...tunnels };
    const api = await startApi(parts, lifecycle);
    return {
      ...api,
      tunnelPort: tunnels.tunnelPort,
      stop: () => lifecycle.stop(),
      problems: () => [...storageProblems(storage), ...api.problems()],
    };
  } catch (error) {
    // The start error matters more than errors while stopping.
    await lifecycle.stop().catch(() => undefined);
    throw error;
  }
}
