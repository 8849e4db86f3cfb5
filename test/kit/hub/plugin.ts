import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { CreateEnvironment, EnvironmentCreated, EnvironmentView } from '../../../plugin/api.js';
import {
  createPlugin,
  type Host,
  type Plugin,
  type PluginOptions,
} from '../../../plugin/server-hooks/index.js';
import { LogRecorder } from '../log-recorder.js';
import { tempFolder } from '../temp-folder.js';

/** What the API answered; `body` is parsed where it is JSON. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: T;
}

/** The plugin in this process, behind a plain HTTP server whose only admin has the token `admin`. */
export interface TestPlugin {
  readonly plugin: Plugin;
  /** What agents are told: `http://127.0.0.1:<port>/edge`. */
  readonly url: string;
  readonly tunnelPort: number;
  readonly dataDir: string;
  readonly log: LogRecorder;
  readonly server: http.Server;
  /** Calls as the admin; `path` begins below `/edge`: `/api/…`. */
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<ApiAnswer<T>>;
  create(body: CreateEnvironment): Promise<EnvironmentCreated>;
  view(id: number): Promise<EnvironmentView>;
  /** The environment once `holds` says so. */
  until(id: number, holds: (view: EnvironmentView) => boolean, ms?: number): Promise<EnvironmentView>;
  stop(): Promise<void>;
}

/** Starts a plugin on free ports of the loopback; it ends with the test. */
export async function startPlugin(
  t: ExecutionContext,
  options: Partial<PluginOptions> = {},
  host: Partial<Host> = {},
): Promise<TestPlugin> {
  const dataDir = options.dataDir ?? (await tempFolder(t));
  const log = new LogRecorder();
  const plugin = createPlugin(
    { bind: '127.0.0.1', tunnelPort: 0, ...options, dataDir },
    {
      authenticate: async (req) =>
        req.headers.authorization === 'Bearer admin' ? { id: 'admin', via: 'bearer' } : null,
      logger: log,
      ...host,
    },
  );
  const server = http.createServer(plugin.callback);
  server.on('upgrade', (req, socket, head) => {
    if (!plugin.upgrade(req, socket, head)) socket.destroy();
  });
  const stop = async () => {
    await plugin.stop();
    server.closeAllConnections();
    server.close();
  };
  t.teardown(stop);
  const { tunnelPort } = await plugin.start();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/edge`;
  const call: TestPlugin['call'] = (method, path, body, signal) =>
    send(`${url}${path}`, method, body, signal);
  const view = async (id: number) => (await call<EnvironmentView>('GET', `/api/environments/${id}`)).body;
  return {
    plugin,
    url,
    tunnelPort,
    dataDir,
    log,
    server,
    call,
    view,
    stop,
    create: async (body) => {
      const answer = await call<EnvironmentCreated>('POST', '/api/environments', body);
      if (answer.status !== 201) throw new Error(`not created: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    until: async (id, holds, ms = 10_000) => {
      const deadline = Date.now() + ms;
      for (;;) {
        const now = await view(id);
        if (holds(now)) return now;
        if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${JSON.stringify(now)}`);
        await delay(10);
      }
    },
  };
}

function send<T>(url: string, method: string, body: unknown, signal?: AbortSignal): Promise<ApiAnswer<T>> {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer admin',
      ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
    };
    const req = http.request(url, { method, headers, agent: false, ...(signal ? { signal } : {}) }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /json/.test(res.headers['content-type'] ?? '') && text !== '';
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body: isJson ? JSON.parse(text) : text,
        });
      });
    });
    req.on('error', reject);
    req.end(bytes ?? undefined);
  });
}
