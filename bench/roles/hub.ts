// The plugin behind a plain node:http server: only the tunnel's own TLS is on the way.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
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
  { logger, authenticate: async (req) => ({ id: req.headers.authorization ?? 'bench', via: 'bearer' }) },
);
const server = http.createServer({ noDelay: true }, plugin.callback);
server.requestTimeout = 0;
// A connection that ends just as it is used again would be an error of the benchmark.
server.keepAliveTimeout = 0;
server.on('upgrade', (req, socket, head) => plugin.upgrade(req, socket, head));
const { tunnelPort } = await plugin.start();
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port, tunnelPort }),
);

// Asked for it, it tells how busy its thread was since the last time.
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let cpu = process.cpuUsage();
process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({
    cpuMs: (user + system) / 1_000,
    loopP99Ms: loop.percentile(99) / 1e6,
    loopMaxMs: loop.max / 1e6,
  });
  cpu = process.cpuUsage();
  loop.reset();
});
