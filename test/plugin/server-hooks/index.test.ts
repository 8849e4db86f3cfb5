import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createPlugin, type Host } from '../../../plugin/server-hooks/index.js';
import { joinInstance } from '../../kit/agent/instance.js';
import { startPlugin } from '../../kit/hub/plugin.js';
import { LogRecorder } from '../../kit/log-recorder.js';
import { tempFolder } from '../../kit/temp-folder.js';

async function makePlugin(t: ExecutionContext, authenticate: Host['authenticate'] = async () => null) {
  const dataDir = await tempFolder(t);
  const plugin = createPlugin(
    { dataDir, bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none' },
    { authenticate, logger: new LogRecorder() },
  );
  t.teardown(() => plugin.stop());
  return plugin;
}

test('plugin: a stop ends a start in progress', async (t) => {
  const plugin = await makePlugin(t);
  const starting = plugin.start();
  await plugin.stop();
  const { tunnelPort } = await starting;
  const socket = net.connect({ host: '127.0.0.1', port: tunnelPort ?? 0 });
  t.teardown(() => socket.destroy());
  const [error] = await once(socket, 'error');
  t.is(error.code, 'ECONNREFUSED');
  t.true(Number((await plugin.start()).tunnelPort) > 0);
});

test('plugin: starts once', async (t) => {
  const plugin = await makePlugin(t);
  const starting = plugin.start();
  await t.throwsAsync(plugin.start());
  await starting;
  await t.throwsAsync(plugin.start());
});

test('plugin: survives a caller that resets an upgrade before the host has identified it', async (t) => {
  let asked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let answer: (principal: null) => void = () => undefined;
  const plugin = await makePlugin(t, () => {
    asked();
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  const server = http.createServer(plugin.callback);
  t.teardown(() => server.close());
  const upgraded = new Promise<net.Socket>((resolve) => {
    server.on('upgrade', (req, socket, head) => {
      t.true(plugin.upgrade(req, socket, head));
      resolve(socket as net.Socket);
    });
  });
  await plugin.start();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
  client.write(
    'POST /edge/api/environments/1/docker/containers/x/attach HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  const socket = await upgraded;
  await isAsked;
  // Without a listener of the plugin's, `error` would end this process.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  client.resetAndDestroy();
  await closed;
  answer(null);
  t.is((await plugin.start().catch((error: Error) => error.message)) as string, 'the plugin runs already');
});

test('plugin: a stop ends open tunnels without waiting', async (t) => {
  const running = await startPlugin(t);
  const { id, edgeKey, edgeId } = await running.createEnvironment({ name: 'one', url: running.url });
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  await running.call('POST', `/api/environments/${id}/tunnel`);
  const { ended } = await agent.open(await agent.prove(await agent.credential()));
  await running.until(id, ({ tunnel }) => tunnel === 'active');
  await running.plugin.stop();
  t.is(await ended, 'stopping');
  const again = await startPlugin(t, { dataDir: running.dataDir, tunnelPort: running.tunnelPort });
  t.is(again.tunnelPort, running.tunnelPort);
});
