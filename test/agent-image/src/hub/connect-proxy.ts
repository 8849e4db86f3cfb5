import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { ExecutionContext } from 'ava';

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of each CONNECT, in order. */
  readonly targets: string[];
  /** `Proxy-Authorization` of each CONNECT. */
  readonly authorizations: (string | undefined)[];
}

/** A forward proxy on loopback that knows one name: it connects everything to `port` of 127.0.0.1, or answers `status`. With `tls` it is an `https:` proxy. */
export async function startConnectProxy(
  t: ExecutionContext,
  to: { port: number } | { status: number } | 'silence',
  tls?: https.ServerOptions,
): Promise<ConnectProxy> {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<net.Socket>();
  const server = tls ? https.createServer(tls) : http.createServer();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, socket, head) => {
    targets.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (to === 'silence') return;
    if ('status' in to) {
      socket.end(`HTTP/1.1 ${to.status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = net.connect(to.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, targets, authorizations };
}
