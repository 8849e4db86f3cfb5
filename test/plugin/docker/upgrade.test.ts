import test from 'ava';
import { dialHub, hear, startEngine, startHub, until } from './fixture.js';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';

test('docker proxy: piped stdin that ends still gets its output', async (t) => {
  const engine = await startEngine(t, (socket, seen) => {
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
      );
    });
    socket.on('end', () => socket.end(`got ${seen().split('\r\n\r\n')[1]}`));
  });
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(`POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\n${UPGRADE}Content-Length: 2\r\n\r\n{}`);
  t.regex(await until(socket, '\r\n\r\n'), /^HTTP\/1\.1 101 .*raw-stream/s);
  socket.end('hello');
  const { text, ending } = await hear(socket);
  t.is(text, 'got {}hello');
  t.is(ending, 'end');
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});
