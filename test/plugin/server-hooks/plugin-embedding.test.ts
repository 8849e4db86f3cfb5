import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { EnvironmentCreated, EnvironmentView, WebhookCreated } from '../../../plugin/api.js';
import { createPlugin } from '../../../plugin/server-hooks/index.js';
import { joinInstance } from '../../kit/agent/instance.js';
import { DASHBOARDS, type InFront, serve } from '../../kit/embedding/dashboards.js';
import { sendWebhook } from '../../kit/hub/webhook-sender.js';
import { LogRecorder } from '../../kit/log-recorder.js';
import { tempFolder } from '../../kit/temp-folder.js';

const ADMIN = { authorization: 'Bearer admin', cookie: 'kept=from-the-engine' };
const UPLOAD = Buffer.alloc(3_000_000, 'x');

/** A dashboard of that framework on a free port, the plugin started in it. */
async function startDashboard(t: ExecutionContext, framework: string, mount: string, inFront?: InFront[]) {
  const log = new LogRecorder();
  const seen: string[] = [];
  const errors: unknown[] = [];
  const plugin = createPlugin(
    { dataDir: await tempFolder(t), bind: '127.0.0.1', tunnelPort: 0, dockerPort: 'none', mount },
    {
      authenticate: async (req) => {
        const { originalUrl, url, headers } = req as http.IncomingMessage & { originalUrl?: string };
        seen.push(originalUrl ?? url ?? '');
        return headers.authorization === ADMIN.authorization ? { id: 'admin', via: 'bearer' } : null;
      },
      logger: log,
    },
  );
  const listener = DASHBOARDS[framework]?.(plugin, mount, inFront, (error) => errors.push(error));
  if (!listener) throw new Error(`no framework ${framework}`);
  const server = serve(plugin, listener);
  t.teardown(async () => {
    await plugin.stop();
    server.closeAllConnections();
    server.close();
  });
  await plugin.start();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const base = mount === '/' ? '' : mount;
  return { port, base, url: `http://127.0.0.1:${port}${base}`, log, seen, errors };
}

type Dashboard = Awaited<ReturnType<typeof startDashboard>>;

async function call<T>(
  { port }: Dashboard,
  method: string,
  path: string,
  body?: Buffer | object,
  headers: http.OutgoingHttpHeaders = ADMIN,
) {
  const isJson = body !== undefined && !Buffer.isBuffer(body);
  const type = isJson ? { 'content-type': 'application/json' } : {};
  const req = http.request({
    port,
    host: '127.0.0.1',
    method,
    path,
    headers: { ...headers, ...type },
    agent: false,
  });
  req.end(isJson ? JSON.stringify(body) : body);
  const [res] = (await once(req, 'response')) as [http.IncomingMessage];
  const raw = await text(res);
  const isParsed = /json/.test(res.headers['content-type'] ?? '');
  return { status: res.statusCode, headers: res.headers, body: (isParsed ? JSON.parse(raw) : raw) as T };
}

/** An engine that echoes what reached it, sends one line at `/events`, and echoes the input of an upgraded connection. */
async function startEchoEngine(t: ExecutionContext) {
  const socketPath = join(await tempFolder(t), 'engine.sock');
  const engine = http.createServer(async (req, res) => {
    res.setHeader('content-type', 'application/json');
    if (req.url?.endsWith('/events')) return void res.write('{"event":1}\n');
    let size = 0;
    for await (const chunk of req) size += chunk.length;
    res.end(JSON.stringify({ url: req.url, size }));
  });
  engine.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  engine.listen(socketPath);
  await once(engine, 'listening');
  t.teardown(() => {
    engine.closeAllConnections();
    engine.close();
  });
  return async () => {
    const socket = net.connect({ path: socketPath, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };
}

/** An environment whose agent enrols and opens a tunnel through the dashboard. */
async function connectAgent(t: ExecutionContext, dashboard: Dashboard): Promise<string> {
  const { base, url } = dashboard;
  const made = await call<EnvironmentCreated>(dashboard, 'POST', `${base}/api/environments`, {
    name: 'a',
    url,
  });
  t.is(made.status, 201);
  const { id, edgeKey, edgeId } = made.body;
  t.is(made.headers.location, `${base}/api/environments/${id}`);
  const dialEngine = await startEchoEngine(t);
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '', dialEngine });
  await call(dashboard, 'POST', `${base}/api/environments/${id}/tunnel`);
  await agent.open(await agent.prove(await agent.credential()));
  const path = `${base}/api/environments/${id}`;
  while ((await call<EnvironmentView>(dashboard, 'GET', path)).body.tunnel !== 'active');
  return path;
}

async function upload(t: ExecutionContext, dashboard: Dashboard, path: string): Promise<void> {
  const target = `${path}/docker/v1.45/containers/a%3Ab/archive?path=%2Fx`;
  const headers = { ...ADMIN, 'content-type': 'application/x-tar' };
  const { status, body } = await call<object>(dashboard, 'PUT', target, UPLOAD, headers);
  t.is(status, 200);
  t.deepEqual(body, { url: '/v1.45/containers/a%3Ab/archive?path=%2Fx', size: UPLOAD.length });
}

/** `exec/start` with its JSON body, input that ends, and output after that. */
async function exec(t: ExecutionContext, { port }: Dashboard, path: string): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  const body = '{"Tty":false}';
  const head = [
    `POST ${path}/docker/exec/x/start HTTP/1.1`,
    'Host: hub',
    `Authorization: ${ADMIN.authorization}`,
    'Connection: Upgrade',
    'Upgrade: tcp',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}input`);
  const answer = await text(socket);
  t.regex(answer, /^HTTP\/1\.1 101 /);
  t.true(answer.endsWith('input'), answer);
}

async function webhook(t: ExecutionContext, dashboard: Dashboard): Promise<void> {
  const { base, url } = dashboard;
  const { body } = await call<WebhookCreated>(dashboard, 'POST', `${base}/api/webhooks`, { name: 'hook' });
  t.true(body.url.startsWith(`${url}/`), body.url);
  t.is((await sendWebhook(body, { name: 'of the hook' })).status, 201);
}

for (const framework of Object.keys(DASHBOARDS)) {
  for (const mount of ['/edge', '/a/b/edge', '/']) {
    test(`embedding: ${framework}, at ${mount}: agents, uploads, upgrades and webhooks work`, async (t) => {
      const dashboard = await startDashboard(t, framework, mount);
      const path = await connectAgent(t, dashboard);
      await upload(t, dashboard, path);
      await exec(t, dashboard, path);
      await webhook(t, dashboard);
      const { base, seen } = dashboard;
      t.is((await call<{ code: string }>(dashboard, 'GET', `${base}/nothing`)).body.code, 'not-found');
      t.deepEqual(
        seen.filter((url) => !url.startsWith(`${base}/api/`)),
        [],
      );
      if (mount === '/') return;
      for (const outside of ['/', `${mount}x`, '/api/environments', `/x${mount}/api/environments`])
        t.is((await call(dashboard, 'GET', outside)).body, 'host', outside);
    });
  }
}

const BEHIND = ['Koa', 'Express 5', 'Express 4'];

for (const framework of BEHIND) {
  test(`embedding: ${framework}, behind a body parser: bodies it has read are refused, and logged once`, async (t) => {
    const dashboard = await startDashboard(t, framework, '/edge', ['bodies']);
    for (let times = 0; times < 2; times++) {
      const { status, body } = await call<{ code: string }>(dashboard, 'POST', '/edge/api/environments', {
        name: 'a',
      });
      t.is(status, 500);
      t.is(body.code, 'host-consumed-body');
    }
    const logged = dashboard.log.lines.filter(
      ({ fields }) => 'code' in fields && fields.code === 'host-consumed-body',
    );
    t.deepEqual(
      logged.map(({ level }) => level),
      ['warn'],
    );
    t.is((await call(dashboard, 'GET', '/edge/api/environments')).status, 200);
    t.deepEqual(dashboard.errors, []);
  });

  test(`embedding: ${framework}, behind compression and sessions: all works, and no stream is held back`, async (t) => {
    const dashboard = await startDashboard(t, framework, '/edge', ['compression', 'session']);
    const path = await connectAgent(t, dashboard);
    await upload(t, dashboard, path);
    await exec(t, dashboard, path);
    await webhook(t, dashboard);
    const zipped = { ...ADMIN, 'accept-encoding': 'gzip, deflate, br' };
    const lines: [string, RegExp][] = [
      [`${path}/docker/events`, /"event":1/],
      ['/edge/api/events', /reset|:/],
    ];
    for (const [address, expected] of lines) {
      const req = http.get({
        host: '127.0.0.1',
        port: dashboard.port,
        path: address,
        headers: zipped,
        agent: false,
      });
      const [res] = (await once(req, 'response')) as [http.IncomingMessage];
      t.is(res.headers['content-encoding'], undefined);
      const [first] = await once(res, 'data');
      t.regex(String(first), expected);
      res.destroy();
    }
    t.deepEqual(dashboard.errors, []);
  });
}
