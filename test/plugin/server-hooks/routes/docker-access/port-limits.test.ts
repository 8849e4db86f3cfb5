import { once } from 'node:events';
import net from 'node:net';
import test from 'ava';
import { callPort, dialPort, makeClient } from '../../../../kit/docker/port-client.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import type { Scope } from '../../../../kit/scope.js';

const DELAY_MS = 60;

/** A link to the port whose bytes arrive late in both directions. */
async function startSlowLink(t: Scope, port: number | null): Promise<number> {
  const pass = (from: net.Socket, to: net.Socket) =>
    from
      .on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), DELAY_MS))
      .on('error', () => to.destroy())
      .on('close', () => setTimeout(() => to.destroy(), DELAY_MS));
  const link = net.createServer((near) => {
    const far = net.connect(port ?? 0, '127.0.0.1');
    pass(near, far);
    pass(far, near);
  });
  t.teardown(() => link.close());
  await once(link.listen(0, '127.0.0.1'), 'listening');
  return (link.address() as net.AddressInfo).port;
}

test('docker port: 200 clients of one network that connect at the same time are all answered', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  const dockerPort = await startSlowLink(t, hub.dockerPort);
  const answers = await Promise.all(Array.from({ length: 200 }, () => callPort({ dockerPort }, client)));
  t.deepEqual([...new Set(answers.map(({ body }) => body.code))], ['environment-not-associated']);
});

test('docker port: a stopped port closes idle and half-sent connections, and answers nothing', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  const sockets = await Promise.all(
    ['', 'GET /_ping HTT'].map(async (sent) => {
      const socket = await dialPort(t, hub, client);
      socket.on('error', () => undefined);
      if (sent) socket.write(sent);
      return socket;
    }),
  );
  await callPort(hub, client);
  let text = '';
  for (const socket of sockets)
    socket.on('data', (chunk) => {
      text += chunk;
    });
  const closed = Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
  await hub.stop();
  await closed;
  t.is(text, '');
});
