// The agent's end of a tunnel as a process: joins each stream to the engine's socket.
import net from 'node:net';
import { systemClock } from '../../../protocol/time/clock.js';
import { type AgentMessage, openAgentTunnel } from './endpoints.js';

const { socketPath, ...target } = JSON.parse(process.argv[2] ?? '{}');
const say = (message: AgentMessage) => process.send?.(message);
process.on('disconnect', () => process.exit(0));

const { opening, closed } = openAgentTunnel({
  ...target,
  clock: systemClock,
  dialEngine: () =>
    new Promise((resolve, reject) => {
      const socket = net.connect({ path: socketPath, allowHalfOpen: true }, () => resolve(socket));
      socket.once('error', reject);
    }),
});
say({ kind: 'open', id: (await opening).id });
say({ kind: 'closed', code: await closed });
