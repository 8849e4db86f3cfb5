// The plugin behind a plain node:http server: the tunnel's TLS is the only one.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createPlugin, type Logger } from '../../plugin/server-hooks/index.js';
import { LISTEN_BACKLOG } from '../../protocol/network/listen-backlog.js';

const { dataDir, port = 0, tunnelPort = 0 } = JSON.parse(process.argv[2] ?? '{}');
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => console.error('hub:', message, fields),
  error: (fields, message) => console.error('hub:', message, fields),
  child: () => logger,
};
const plugin = createPlugin(
  { dataDir, tunnelPort, dockerPort: 0, bind: '127.0.0.1' },
  { logger, authenticate: async (req) => ({ id: req.headers.authorization ?? 'bench', via: 'bearer' }) },
);
const server = http.createServer({ noDelay: true }, plugin.callback);
server.requestTimeout = 0;
// A connection that closes just as it is reused would fail the benchmark.
server.keepAliveTimeout = 0;
server.on('upgrade', (req, socket, head) => plugin.upgrade(req, socket, head));
const started = await plugin.start();
server.listen(port, '127.0.0.1', LISTEN_BACKLOG, () =>
  process.send?.({ port: (server.address() as AddressInfo).port, tunnelPort: started.tunnelPort }),
);

// On request, reports how busy its thread was since the last request.
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
