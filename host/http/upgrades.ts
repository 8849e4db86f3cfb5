import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../plugin/server-hooks/host.js';
import { Problem, problem } from '../../protocol/problems.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { PluginRegistry } from '../plugins/registry.js';
import { buildKitPath, environmentOfBuildKit } from './buildkit.js';
import { isClientGone } from './is-client-gone.js';
import { refuseUpgrade, requireHost } from './problem.js';

/** Makes the handler of upgrade requests: they go to plugins, those of BuildKit to the token's environment. */
export function upgradeTo(plugins: PluginRegistry, authenticator: Authenticator, logger: Logger) {
  const refuse = (socket: Duplex, error: unknown) => {
    if (error instanceof Problem) {
      refuseUpgrade(socket, error);
      return;
    }
    if (isClientGone(error, socket)) {
      socket.destroy();
      return;
    }
    logger.error({ err: error }, 'an upgrade failed');
    refuseUpgrade(socket, problem('internal'));
  };
  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      if (!plugins.upgrade(req, socket, head)) throw problem('not-found');
    } catch (error) {
      refuse(socket, error);
    }
  };
  const upgradeBuildKit = async (path: string, req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const environmentId = environmentOfBuildKit(await authenticator.identify(req));
    const mount = plugins.slots[0]?.manifest.mount ?? '';
    req.url = `${mount}/api/environments/${environmentId}/docker${path}`;
    upgrade(req, socket, head);
  };
  return (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      requireHost(req);
    } catch (error) {
      refuse(socket, error);
      return;
    }
    const path = buildKitPath(req);
    if (path === null) {
      upgrade(req, socket, head);
      return;
    }
    // A reset during authentication must not end the process.
    socket.on('error', () => socket.destroy());
    upgradeBuildKit(path, req, socket, head).catch((error: unknown) => refuse(socket, error));
  };
}
