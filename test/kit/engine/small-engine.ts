import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { tempFolder } from '../temp-folder.js';

/** An engine as far as a test of our own logic needs one: `/_ping` answers, `/slow` takes 10 ms for it, `/events` says one line and stays open. */
export interface SmallEngine {
  readonly socketPath: string;
  /** Opens a connection to it, as the agent does for each call. */
  dial(): Promise<Duplex>;
  /** Requests under way. */
  readonly open: number;
}

export async function startSmallEngine(t: ExecutionContext): Promise<SmallEngine> {
  const socketPath = join(await tempFolder(t), 'docker.sock');
  let open = 0;
  const server = http.createServer((req, res) => {
    open++;
    res.once('close', () => open--);
    if (req.url?.endsWith('/events'))
      res.writeHead(200, { 'content-type': 'application/json' }).write('{}\n');
    else
      setTimeout(
        () => res.writeHead(200, { 'content-type': 'text/plain' }).end('OK'),
        req.url?.endsWith('/slow') ? 10 : 0,
      );
  });
  server.listen(socketPath);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    socketPath,
    dial: async () => {
      const socket = net.connect({ path: socketPath, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    },
    get open() {
      return open;
    },
  };
}
