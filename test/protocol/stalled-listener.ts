import { once } from 'node:events';
import net from 'node:net';
import { startChild } from '../kit/child.js';
import type { Scope } from '../kit/scope.js';

const PROGRAM = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log('port ' + server.address().port));
`;

/** A port of 127.0.0.1 at which no handshake completes until it is released, as behind a long round trip. */
export interface StalledListener {
  readonly port: number;
  /** From now on connections are accepted; the kernel repeats a handshake that it dropped after a second. */
  release(): void;
}

/** Linux queues one connection more than the backlog. */
const QUEUE = 2;

/** Starts a process with a listener, stops it, and fills its queue. */
export async function startStalledListener(t: Scope): Promise<StalledListener> {
  const child = startChild(t, process.execPath, ['-e', PROGRAM], process.env);
  const port = Number((await child.untilLine(/^port \d+$/)).slice('port '.length));
  process.kill(child.pid, 'SIGSTOP');
  for (let filled = 0; filled < QUEUE; filled++) {
    const filler = net.connect({ port, host: '127.0.0.1' });
    filler.on('error', () => undefined);
    t.teardown(() => void filler.destroy());
    await once(filler, 'connect');
  }
  return { port, release: () => process.kill(child.pid, 'SIGCONT') };
}
