import { join } from 'node:path';
import type { Host } from '../../plugin/server-hooks/host.js';
import type { PluginOptions } from '../../plugin/server-hooks/options.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { HostConfig } from '../config.js';
import { findPlugins } from './find-plugins.js';
import { loadPlugin } from './load-plugin.js';
import type { PluginManifest } from './manifest.js';
import { PluginSlot } from './slot.js';

/** Finds the plugins in these folders; none is loaded yet. One with an unusable manifest is logged and skipped. */
export async function openSlots(
  config: HostConfig,
  folders: readonly string[],
  host: Host,
  clock: Clock,
): Promise<PluginSlot[]> {
  const { manifests, refused } = await findPlugins(folders);
  for (const reason of refused) host.logger.error({ reason }, 'a plugin was skipped');
  if (manifests.length === 0) host.logger.warn({ folders }, 'no plugin found');
  return manifests.map((manifest) => {
    const create = async () => (await loadPlugin(manifest))(optionsFor(manifest, config), host);
    return new PluginSlot(manifest, create, clock);
  });
}

function optionsFor(manifest: PluginManifest, config: HostConfig): PluginOptions {
  const agentImage = config.agentImage ?? (manifest.agent && `${manifest.agent.image}:${manifest.version}`);
  return {
    dataDir: join(config.dataDir, 'plugins', manifest.id),
    mount: manifest.mount,
    tunnelPort: config.tunnelPort,
    // Another plugin, or an older version, may not know them.
    ...(manifest.ports?.docker === undefined ? {} : dockerOptions(config)),
    bind: config.bind,
    ...(config.publicUrl === undefined ? {} : { publicUrl: withMount(config.publicUrl, manifest.mount) }),
    ...(config.tunnelAddress === undefined ? {} : { tunnelAddress: config.tunnelAddress }),
    ...(agentImage === undefined ? {} : { agentImage }),
    ...(config.metricsToken === undefined ? {} : { metricsToken: config.metricsToken }),
    ...(config.metricsPort === undefined ? {} : { metricsPort: config.metricsPort }),
    ...(config.metricsPerEnvironment ? { metricsPerEnvironment: true } : {}),
  };
}

function dockerOptions({
  dockerPort,
  dockerAddress,
}: HostConfig): Pick<PluginOptions, 'dockerPort' | 'dockerAddress'> {
  return { dockerPort, ...(dockerAddress === undefined ? {} : { dockerAddress }) };
}

/** Agents need the plugin's address; an admin may configure the dashboard's, without the mount. */
function withMount(publicUrl: string, mount: string): string {
  const url = new URL(publicUrl);
  if (url.pathname === '/') url.pathname = mount;
  return url.href;
}
