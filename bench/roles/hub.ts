// The plugin behind a plain node:http server: only the tunnel's own TLS is on the way.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPlugin, type Logger } from '../../plugin/server-hooks/index.js';

const { dataDir } = JSON.parse(process.argv[2] ?? '{}');
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => console.error('hub:', message, fields),
  error: (fields, message) => console.error('hub:', message, fields),
  child: () => logger,
};
const plugin = createPlugin(
  { dataDir, tunnelPort: 0, bind: '127.0.0.1' },
  { logger, authenticate: async () => ({ id: 'bench', via: 'bearer' }) },
);
const server = http.createServer({ noDelay: true }, plugin.callback);
server.requestTimeout = 0;
server.on('upgrade', (req, socket, head) => plugin.upgrade(req, socket, head));
const { tunnelPort } = await plugin.start();
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port, tunnelPort }),
);
