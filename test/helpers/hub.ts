import { mkdir, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CreateEnvironment, EnvironmentCreated, EnvironmentView } from '../../plugin/api.js';
import { type Child, startChild } from './child.js';
import type { Scope } from './scope.js';
import { tempFolder } from './temp-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PASSWORD = 'a-password-for-tests';
/** A start takes about two seconds; several at once on a busy machine take their time. */
const START_MS = 90_000;

/** An answer of the hub; `body` is parsed where it is JSON. */
export interface HubAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

/** The bundled host with the plugin, as a process of its own. */
export interface Hub {
  readonly dataDir: string;
  readonly port: number;
  readonly tunnelPort: number;
  /** `https://localhost:<port>`. */
  readonly origin: string;
  /** A session's token. */
  readonly token: string;
  readonly child: Child;
  /** Calls the API as the admin. `path` begins with a slash: `/edge/api/…`. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<HubAnswer<T>>;
  createEnvironment(body: CreateEnvironment): Promise<EnvironmentCreated>;
  /** The environment once `holds` says so. */
  until(id: number, holds: (view: EnvironmentView) => boolean, ms?: number): Promise<EnvironmentView>;
  /**
   * Arguments that make the docker client speak to an environment through this hub; the folder with CA
   * and token goes with the test.
   */
  dockerArgs(environmentId: number): Promise<string[]>;
}

/**
 * Starts a hub. With `like` it is the restart of an ended one: same data folder, same ports.
 * `env` adds or replaces `FAIRLEAD_…` variables.
 */
export async function startHub(
  t: Scope,
  { like, env = {} }: { like?: Hub; env?: NodeJS.ProcessEnv } = {},
): Promise<Hub> {
  const dataDir = like?.dataDir ?? (await tempFolder(t));
  const child = startChild(t, process.execPath, ['--import', 'tsx', join(ROOT, 'host/main.ts')], {
    ...process.env,
    NODE_ENV: 'test',
    FAIRLEAD_PORT: String(like?.port ?? 0),
    FAIRLEAD_TUNNEL_PORT: String(like?.tunnelPort ?? 0),
    FAIRLEAD_DATA_DIR: dataDir,
    FAIRLEAD_ADMIN_PASSWORD: PASSWORD,
    ...env,
  });
  const line = await child.untilLine(/^fairlead: dashboard https:/, START_MS);
  const [, port, tunnelPort] = /:(\d+) {2}tunnel .*:(\d+)$/.exec(line) ?? [];
  const origin = `https://localhost:${port}`;
  const signIn = await request(`${origin}/api/session`, 'POST', null, { password: PASSWORD });
  const { token } = signIn.body as { token: string };
  const call: Hub['call'] = (method, path, body) => request(`${origin}${path}`, method, token, body);
  const hub: Hub = {
    dataDir,
    port: Number(port),
    tunnelPort: Number(tunnelPort),
    origin,
    token,
    child,
    call,
    createEnvironment: async (body) => {
      const answer = await call<EnvironmentCreated>('POST', '/edge/api/environments', body);
      if (answer.status !== 201) throw new Error(`not created: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    until: async (id, holds, ms = 30_000) => {
      const deadline = Date.now() + ms;
      for (;;) {
        const { body } = await call<EnvironmentView>('GET', `/edge/api/environments/${id}`);
        if (holds(body)) return body;
        if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${JSON.stringify(body)}`);
        await delay(25);
      }
    },
    dockerArgs: async (environmentId) => {
      const folder = await tempFolder(t);
      const ca = await call<string>('GET', '/edge/api/ca.pem');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'ca.pem'), ca.body);
      await writeFile(
        join(folder, 'config.json'),
        JSON.stringify({ HttpHeaders: { Authorization: `Bearer ${token}` } }),
      );
      const url = `tcp://localhost:${port}/edge/api/environments/${environmentId}/docker`;
      return ['--config', folder, '--tlsverify', '--tlscacert', join(folder, 'ca.pem'), '-H', url];
    },
  };
  return hub;
}

function request<T>(url: string, method: string, token: string | null, body: unknown): Promise<HubAnswer<T>> {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const req = https.request(
      url,
      {
        method,
        rejectUnauthorized: false,
        agent: false,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
        },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = /json/.test(res.headers['content-type'] ?? '');
          const parsed = isJson && text !== '' ? JSON.parse(text) : text;
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: parsed });
        });
      },
    );
    req.on('error', reject);
    req.end(bytes ?? undefined);
  });
}
