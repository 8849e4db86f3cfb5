// The hub's end of tunnels as a process: a tunnel port, and for each tunnel a unix socket whose connections are
// joined to a stream each. Talks to `tunnel-ends.ts` by messages.
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { join } from 'node:path';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';
import { LogRecorder } from '../log-recorder.js';
import type { HubMessage } from './endpoints.js';
import { tunnelPort } from './port.js';

const say = (message: HubMessage) => process.send?.(message);
const folder = process.argv[2] ?? '';

// What one turn of the event loop costs at most, in CPU time: other processes do not count.
let busiestMs = 0;
let before = process.cpuUsage();
setInterval(() => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  busiestMs = Math.max(busiestMs, (user + system) / 1e3);
}, 1);
process.on('message', () => {
  say({ kind: 'loop', busiestMs });
  busiestMs = 0;
});
process.on('disconnect', () => process.exit(0));

const identity = await loadTunnelIdentity(folder, systemClock);
const listener = tunnelPort({
  identity,
  bind: '127.0.0.1',
  clock: systemClock,
  logger: new LogRecorder(),
  newId: randomUUID,
  attach: (tunnel) => {
    const { environmentId } = tunnel.grant;
    const front = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      tunnel.dial().then(
        (pipe) => void joinStreams(socket, pipe),
        () => socket.resetAndDestroy(),
      );
    });
    // A unix socket: the kernel keeps little for a client that does not read.
    const path = join(folder, `${randomUUID()}.sock`);
    front.listen(path, () => say({ kind: 'tunnel', environmentId, path }));
    tunnel.closed.addEventListener('abort', () => {
      front.close();
      say({ kind: 'closed', environmentId, end: tunnel.end ?? '' });
    });
  },
});
say({ kind: 'ready', port: await listener.start(), fingerprint: identity.fingerprint });
