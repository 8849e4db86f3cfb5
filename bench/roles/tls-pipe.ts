// The baseline: the same hops as the tunnel, with only one TLS connection per client between them.
import net from 'node:net';
import tls from 'node:tls';
import { joinStreams } from '../../protocol/tunnel/join-streams.js';

const input = JSON.parse(process.argv[2] ?? '{}');

if (input.side === 'exit') {
  const server = tls.createServer(
    { key: input.key, cert: input.certificate, minVersion: 'TLSv1.3', allowHalfOpen: true },
    (socket) => {
      socket.setNoDelay(true);
      void joinStreams(socket, net.connect({ path: input.socketPath, allowHalfOpen: true }));
    },
  );
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
} else {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const options: tls.ConnectionOptions & { allowHalfOpen: boolean } = {
      host: '127.0.0.1',
      port: input.port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      allowHalfOpen: true,
    };
    const far = tls.connect(options);
    far.setNoDelay(true);
    void joinStreams(socket, far);
  });
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
}
