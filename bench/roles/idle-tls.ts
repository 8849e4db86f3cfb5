// The baseline of `tunnels`: TLS connections that nobody uses, to a server that echoes.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { LISTEN_BACKLOG } from '../../protocol/network/listen-backlog.js';

const input = JSON.parse(process.argv[2] ?? '{}');
/** Handshakes under way at a time. */
const CONNECTING = 32;

if (input.side === 'server') {
  const server = tls.createServer(
    { key: input.key, cert: input.certificate, minVersion: 'TLSv1.3', noDelay: true },
    (socket) => socket.pipe(socket).on('error', () => socket.destroy()),
  );
  server.listen(0, '127.0.0.1', LISTEN_BACKLOG, () => process.send?.(server.address() as AddressInfo));
} else {
  const { port, count, exchanges } = input;
  const sockets: tls.TLSSocket[] = [];
  const startedMs = performance.now();
  let started = 0;
  const connectAll = async () => {
    while (started++ < count) {
      const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      socket.setNoDelay(true);
      await once(socket, 'secureConnect');
      sockets.push(socket);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, connectAll));
  const openedMs = performance.now() - startedMs;
  // On request, exchanges a byte over random ones and reports how long each took.
  process.on('message', async () => {
    const samples: number[] = [];
    for (let made = 0; made < exchanges; made++) {
      const socket = sockets[Math.floor(Math.random() * count)];
      if (!socket) continue;
      const startMs = performance.now();
      socket.write('x');
      await once(socket, 'data');
      samples.push(performance.now() - startMs);
    }
    process.send?.(samples);
  });
  process.send?.({ openedMs });
}
