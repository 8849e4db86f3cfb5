import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

/** What the engine does on a connection once it has read a request's head. */
export type Reply = string | Buffer | ((socket: Socket) => void);

/**
 * A server in the engine's place that answers whatever bytes it was given, by the last segment of a request's path.
 * For the agent's own questions it looks like an engine, unless `replies` say otherwise.
 */
export interface HostileEngine {
  readonly socketPath: string;
  /** Requests that came, as `METHOD /path`. */
  readonly requests: readonly string[];
}

const json = (value: unknown) => http('application/json', JSON.stringify(value));

/** What keeps an agent and its environment online. */
const HARMLESS: Readonly<Record<string, Reply>> = {
  _ping: http('text/plain', 'OK'),
  info: json({ ID: 'hostile', Name: 'hostile', ServerVersion: '1', Containers: 0 }),
  version: json({ Version: '1', ApiVersion: '1.43' }),
  json: json([]),
  volumes: json({ Volumes: [] }),
  networks: json([]),
};

/** An answer as an engine would give it. */
export function http(type: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const lines = ['HTTP/1.1 200 OK', ...(type === '' ? [] : [`Content-Type: ${type}`]), ...headers];
  const head = `${[...lines, `Content-Length: ${bytes.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

export async function startHostileEngine(
  t: Scope,
  replies: Readonly<Record<string, Reply>>,
): Promise<HostileEngine> {
  const socketPath = join(await tempFolder(t), 'docker.sock');
  const requests: string[] = [];
  const server = net.createServer({ allowHalfOpen: true });
  await listenHostile(t, server, { path: socketPath }, { ...HARMLESS, ...replies }, requests);
  return { socketPath, requests };
}

/** Has a server of bare sockets answer so, until the test is over. */
export async function listenHostile(
  t: Scope,
  server: net.Server,
  where: net.ListenOptions,
  replies: Readonly<Record<string, Reply>>,
  requests: string[] = [],
): Promise<void> {
  const sockets = new Set<Socket>();
  server.on(server instanceof tls.Server ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    let head = '';
    const read = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.resume();
      const [, method = '', path = ''] = /^(\S+) ([^ ?]*)/.exec(head) ?? [];
      requests.push(`${method} ${path}`);
      const reply = replies[path.slice(path.lastIndexOf('/') + 1)] ?? http('text/plain', '');
      if (typeof reply === 'function') reply(socket);
      else socket.end(reply);
    };
    socket.on('data', read);
  });
  server.listen(where);
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}
