// A stand-in for an engine: streams bytes from memory, discards them, as fast as it can; or echoes.
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

const { socketPath } = JSON.parse(process.argv[2] ?? '{}');
const block = Buffer.alloc(64 * 1024, 'fairlead');

const server = http.createServer({ noDelay: true }, (req, res) => {
  const url = new URL(req.url ?? '/', 'http://source');
  if (url.pathname.endsWith('/_ping')) {
    res.end('OK');
  } else if (req.method === 'GET' && url.pathname.endsWith('/images/get')) {
    let left = Number(url.searchParams.get('bytes'));
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': left });
    const pump = () => {
      while (left > 0) {
        const chunk = left >= block.length ? block : block.subarray(0, left);
        left -= chunk.length;
        if (!res.write(chunk)) {
          res.once('drain', pump);
          return;
        }
      }
      res.end();
    };
    pump();
  } else {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on('end', () => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ bytes }));
    });
  }
});
// A terminal: echoes its input.
server.on('upgrade', (_req, socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
  socket.pipe(socket);
});
server.requestTimeout = 0;
server.listen(socketPath);
// For clients that cannot use a socket's path. One HTTP server listens once only.
const tcp = net.createServer({ noDelay: true }, (socket) => server.emit('connection', socket));
tcp.listen(0, '127.0.0.1');
await Promise.all([once(server, 'listening'), once(tcp, 'listening')]);
process.send?.({ socketPath, port: (tcp.address() as AddressInfo).port });
