import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { createPlugin } from '../../../plugin/server-hooks/index.js';
import { LogRecorder } from '../log-recorder.js';

// A hub in a separate process that reports how long its event loop was blocked: `stall-meter.ts` starts it.

const [dataDir = ''] = process.argv.slice(2);
const plugin = createPlugin(
  { bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none', dataDir },
  { authenticate: async () => ({ id: 'admin', via: 'bearer' }), logger: new LogRecorder() },
);
const server = http.createServer(plugin.callback);
await plugin.start();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`port ${(server.address() as AddressInfo).port}`);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
for await (const line of createInterface({ input: process.stdin })) {
  console.log(`${line} ${delay.max / 1e6}`);
  delay.reset();
}
process.exit();
