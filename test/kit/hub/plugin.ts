import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import {
  createPlugin,
  type Host,
  type Plugin,
  type PluginOptions,
} from '../../../plugin/server-hooks/index.js';
import { LogRecorder } from '../log-recorder.js';
import { tempFolder } from '../temp-folder.js';
import { type ApiClient, apiClient } from './api-client.js';

/** The plugin in this process, behind a plain HTTP server whose only admin has the token `admin`. Paths of calls are below `/edge`: `/api/…`. */
export interface TestPlugin extends ApiClient {
  readonly plugin: Plugin;
  /** The address that agents use: `http://127.0.0.1:<port>/edge`. */
  readonly url: string;
  readonly tunnelPort: number;
  /** Null unless the options have one. */
  readonly dockerPort: number | null;
  readonly dataDir: string;
  readonly log: LogRecorder;
  readonly server: http.Server;
  stop(): Promise<void>;
}

/** Starts a plugin on free ports of the loopback; it ends with the test. */
export async function startPlugin(
  t: ExecutionContext,
  options: Partial<PluginOptions> = {},
  host: Partial<Host> = {},
): Promise<TestPlugin> {
  const dataDir = options.dataDir ?? (await tempFolder(t));
  const log = new LogRecorder();
  const plugin = createPlugin(
    { bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none', ...options, dataDir },
    {
      authenticate: async (req) =>
        req.headers.authorization === 'Bearer admin' ? { id: 'admin', via: 'bearer' } : null,
      logger: log,
      ...host,
    },
  );
  const server = http.createServer(plugin.callback);
  server.on('upgrade', (req, socket, head) => {
    if (!plugin.upgrade(req, socket, head)) socket.destroy();
  });
  const stop = async () => {
    await plugin.stop();
    server.closeAllConnections();
    server.close();
  };
  t.teardown(stop);
  const { tunnelPort, dockerPort } = await plugin.start();
  if (tunnelPort === null) throw new Error('the plugin has no tunnel port');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/edge`;
  const api = apiClient({ url, token: 'admin' });
  return { plugin, url, tunnelPort, dockerPort, dataDir, log, server, stop, ...api };
}
