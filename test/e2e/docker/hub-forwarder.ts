import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { HubApi } from '../../kit/hub/api.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const END = '\r\n\r\n';

/** A connection to a hub for raw HTTP/1.1, of which each direction ends by itself. */
export async function dialHub(port: number): Promise<Duplex> {
  const raw = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = tls.connect({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  socket.allowHalfOpen = true;
  await once(socket, 'secureConnect');
  return socket;
}

/**
 * An engine's socket for clients that know neither a base path nor a token: adds both to each request, and passes the rest
 * byte by byte. A connection carries one request; both sides get `Connection: close`.
 * @returns the socket's path
 */
export async function startHubForwarder(
  t: Scope,
  hub: Pick<HubApi, 'token'> & { readonly port: number },
  environmentId: number,
): Promise<string> {
  const base = `/edge/api/environments/${environmentId}/docker`;
  const open = new Set<Duplex>();
  const keep = <T extends Duplex>(socket: T): T => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return socket.on('error', () => socket.destroy());
  };
  const forward = async (client: net.Socket) => {
    const toHub = keep(await dialHub(hub.port));
    client.once('close', () => toHub.destroy());
    toHub.once('close', () => client.destroy());
    const request = await readHead(client);
    const line = request.first.replace(' ', ` ${base}`);
    toHub.write(withHeaders(line, request.headers, [`Authorization: Bearer ${hub.token}`]), 'latin1');
    client.pipe(toHub);
    const answer = await readHead(toHub);
    client.write(withHeaders(answer.first, answer.headers, []), 'latin1');
    toHub.pipe(client);
  };
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    forward(keep(client)).catch(() => client.destroy());
  });
  const path = join(await tempFolder(t), 'docker.sock');
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return path;
}

/** The head of a message; the bytes after it are read next. */
async function readHead(from: Duplex): Promise<{ first: string; headers: string[] }> {
  let read = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = from.read();
    if (chunk) read = Buffer.concat([read, chunk]);
    const end = read.indexOf(END);
    if (end !== -1) {
      if (read.length > end + END.length) from.unshift(read.subarray(end + END.length));
      const [first = '', ...headers] = read.toString('latin1', 0, end).split('\r\n');
      return { first, headers };
    }
    if (from.readableEnded || from.destroyed) throw new Error('no head');
    if (!chunk) await Promise.race(['readable', 'end', 'close'].map((event) => once(from, event)));
  }
}

function withHeaders(first: string, headers: readonly string[], more: readonly string[]): string {
  const isUpgrade = headers.some((header) => /^connection:.*upgrade/i.test(header));
  const others = headers.filter((header) => !/^(connection|keep-alive):/i.test(header));
  return [first, ...others, ...more, `Connection: ${isUpgrade ? 'Upgrade, close' : 'close'}${END}`].join(
    '\r\n',
  );
}
