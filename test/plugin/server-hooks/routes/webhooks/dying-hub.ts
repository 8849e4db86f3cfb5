// A hub that is killed in the moment in which it is about to answer a webhook's message.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPlugin } from '../../../../../plugin/server-hooks/index.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';

const [dataDir = ''] = process.argv.slice(2);
const host = { authenticate: async () => null, logger: new LogRecorder() };
const plugin = createPlugin({ dataDir, bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none' }, host);
await plugin.start();
const server = http.createServer((req, res) => {
  res.writeHead = () => {
    process.kill(process.pid, 'SIGKILL');
    return res;
  };
  plugin.callback(req, res);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listening on ${(server.address() as AddressInfo).port}`);
