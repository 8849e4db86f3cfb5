import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { WebSocket, WebSocketServer } from 'ws';
import { createPlugin, type Plugin } from '../../../plugin/server-hooks/index.js';
import { LogRecorder } from '../../kit/log-recorder.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** A started plugin in a server that has no `upgrade` listener. */
async function start(t: ExecutionContext, listen: (plugin: Plugin) => RequestListener) {
  const log = new LogRecorder();
  const plugin = createPlugin(
    { dataDir: await tempFolder(t), bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none' },
    { authenticate: async () => ({ id: 'admin', via: 'bearer' }), logger: log },
  );
  const server = http.createServer(listen(plugin));
  t.teardown(async () => {
    await plugin.stop();
    server.closeAllConnections();
    server.close();
  });
  await plugin.start();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const warnings = () => log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
  return { plugin, server, port, warnings };
}

async function send(t: ExecutionContext, port: number, method: string, path: string, protocol: string) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: hub',
    'Connection: Upgrade',
    `Upgrade: ${protocol}`,
    'Content-Length: 0',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return text(socket);
}

const DOCKER = '/edge/api/environments/1/docker';
const CONSOLE = `/edge/api/environments/1/exec/${'a'.repeat(64)}/ws?ticket=${'t'.repeat(43)}`;
const UPGRADES: [method: string, path: string, protocol: string][] = [
  ['POST', `${DOCKER}/v1.45/containers/x/attach?stdin=1`, 'tcp'],
  ['POST', `${DOCKER}/exec/x/start`, 'tcp'],
  ['GET', `${DOCKER}/containers/x/attach/ws`, 'websocket'],
  ['POST', `${DOCKER}/session`, 'h2c'],
  ['GET', CONSOLE, 'websocket'],
];

test('misplaced: without an upgrade listener upgrades are answered, and reported once with the line to add', async (t) => {
  t.timeout(60_000);
  const { port, warnings } = await start(t, (plugin) => plugin.callback);
  for (const [method, path, protocol] of UPGRADES) {
    const answer = await send(t, port, method, path, protocol);
    t.regex(answer, /^HTTP\/1\.1 500 /, path);
    t.regex(answer, /"code":"host-lost-upgrade"/, path);
  }
  t.deepEqual(warnings(), [{ code: 'host-lost-upgrade' }]);
});

test('misplaced: `Upgrade` that no engine handles is an ordinary request', async (t) => {
  const { port, warnings } = await start(t, (plugin) => plugin.callback);
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', authorization: 'Bearer admin' };
  for (const [path, status] of [
    ['/edge/api/environments', 200],
    [`${DOCKER}/info`, 404],
  ] as const) {
    const req = http.get({ port, host: '127.0.0.1', path, headers, agent: false });
    const [res] = await once(req, 'response');
    res.resume();
    t.is(res.statusCode, status, path);
  }
  t.deepEqual(warnings(), []);
});

test('misplaced: headers set by earlier middleware after the answer fail nothing, and are reported once', async (t) => {
  const errors: unknown[] = [];
  const { port, warnings } = await start(t, (plugin) => {
    const app = new Koa();
    app.on('error', (error) => errors.push(error));
    app.use(async (ctx, next) => {
      await next();
      ctx.cookies.set('session', 'renewed');
    });
    app.use(plugin.routes);
    return app.callback();
  });
  for (let times = 0; times < 3; times++) {
    const [res] = await once(
      http.get({ port, host: '127.0.0.1', path: '/edge/api/environments', agent: false }),
      'response',
    );
    t.is(res.statusCode, 200);
    await text(res);
  }
  // The last one's middleware has run when the next answer arrives.
  await fetch(`http://127.0.0.1:${port}/edge/api/environments`);
  t.deepEqual(errors, []);
  t.deepEqual(warnings(), [{ code: 'host-late-header', header: 'Set-Cookie' }]);
});

test('misplaced: below the mount of a stopped plugin no page of the host is shown', async (t) => {
  const { plugin, port } = await start(t, (each) => {
    const app = new Koa();
    app.use(each.routes);
    app.use((ctx) => {
      ctx.body = 'host';
    });
    return app.callback();
  });
  await plugin.stop();
  const answer = await fetch(`http://127.0.0.1:${port}/edge/agent/check-in`);
  t.is(answer.status, 404);
  t.like(await answer.json(), { code: 'not-found' });
  t.is(await (await fetch(`http://127.0.0.1:${port}/other`)).text(), 'host');
  await plugin.start();
  t.is((await fetch(`http://127.0.0.1:${port}/edge/api/environments`)).status, 200);
});

test('misplaced: a second upgrade listener is reported once, one that calls the other is not', async (t) => {
  for (const [isShared, expected] of [
    [true, [{ code: 'host-shared-upgrade', listeners: 2 }]],
    [false, []],
  ] as const) {
    const { plugin, server, port, warnings } = await start(t, (each) => each.callback);
    const live = new WebSocketServer({ server, path: '/live' });
    t.teardown(() => live.close());
    live.on('connection', (socket) => socket.send('live'));
    const others = isShared ? [] : server.listeners('upgrade');
    if (!isShared) server.removeAllListeners('upgrade');
    server.on('upgrade', (req, socket, head) => {
      if (plugin.upgrade(req, socket, head)) return;
      for (const other of others) other.call(server, req, socket, head);
    });
    for (let times = 0; times < 2; times++) {
      const answer = await send(t, port, 'POST', `${DOCKER}/exec/x/start`, 'tcp');
      // `ws` ends what is not its own, before the plugin can say that there is no such environment.
      t.regex(answer, isShared ? /^HTTP\/1\.1 405 / : /^HTTP\/1\.1 404 /);
    }
    t.deepEqual(warnings(), expected);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`);
    const [message] = await once(socket, 'message');
    t.is(String(message), 'live');
    socket.terminate();
  }
});
