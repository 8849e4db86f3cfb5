import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls, { type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { resetSocket } from '../../../protocol/tunnel/reset-socket.js';
import { tempFolder } from '../../kit/temp-folder.js';

async function accept(t: ExecutionContext, server: net.Server, event: string, isTls: boolean) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const accepted = once(server, event);
  const { port } = server.address() as net.AddressInfo;
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const client = isTls ? tls.connect(options) : net.connect(options);
  t.teardown(() => client.destroy());
  const [socket] = (await accepted) as [net.Socket | TLSSocket];
  // TLS: the client's handshake is complete, too, once it has received something.
  const received = once(client, 'readable');
  socket.write('hello');
  await received;
  client.read();
  return { client, socket };
}

const ends = {
  TCP: (t: ExecutionContext) => accept(t, net.createServer(), 'connection', false),
  TLS: async (t: ExecutionContext) => {
    const { key, certificate } = await loadTunnelIdentity(await tempFolder(t), systemClock);
    return accept(t, tls.createServer({ key, cert: certificate }), 'secureConnection', true);
  },
};

for (const [kind, open] of Object.entries(ends)) {
  test(`reset socket: one over ${kind} that was ended in the same turn closes after its data`, async (t) => {
    const { client, socket } = await open(t);
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const received = text(client);
    socket.write('all of it');
    await once(client, 'readable');
    socket.end();
    resetSocket(socket, new Error('cut'));
    await closed;
    t.is(await received, 'all of it');
  });

  test(`reset socket: one over ${kind} that was not ended is reset`, async (t) => {
    const { client, socket } = await open(t);
    socket.on('error', () => undefined);
    client.resume();
    const failed = once(client, 'error');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    resetSocket(socket, new Error('cut'));
    await closed;
    t.is((await failed.catch((error) => [error]))[0].code, 'ECONNRESET');
  });
}
