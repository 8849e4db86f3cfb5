import { writeFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateEnvironment, EnvironmentCreated, EnvironmentView } from '../../../plugin/api.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';

/** What an environment comes to shows within seconds; a busy machine gets many times that. */
const UNTIL_MS = 60_000;

/** An answer of the hub; `body` is parsed where it is JSON. */
export interface HubAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

/** A hub as its admin sees it at one address: its own, or a proxy's. */
export interface HubApi {
  /** `https://<host>:<port>`. */
  readonly origin: string;
  /** A session's token. */
  readonly token: string;
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

/** Signs in at `origin`. `caPem` is what docker clients trust there; default: what the hub gives as its CA. */
export async function signIn(
  t: Scope,
  { origin, password, caPem }: { origin: string; password: string; caPem?: string },
): Promise<HubApi> {
  const session = await request<{ token?: string }>(`${origin}/api/session`, 'POST', null, { password });
  const { token } = session.body;
  if (token === undefined) throw new Error(`not signed in: ${JSON.stringify(session.body)}`);
  return hubApi(t, { origin, token, ...(caPem === undefined ? {} : { caPem }) });
}

/** The API at `origin` for whoever has the token; `caPem` as for {@link signIn}. */
export function hubApi(
  t: Scope,
  { origin, token, caPem }: { origin: string; token: string; caPem?: string },
): HubApi {
  const call: HubApi['call'] = (method, path, body) => request(`${origin}${path}`, method, token, body);
  return {
    origin,
    token,
    call,
    createEnvironment: async (body) => {
      const answer = await call<EnvironmentCreated>('POST', '/edge/api/environments', body);
      if (answer.status !== 201) throw new Error(`not created: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    until: async (id, holds, ms = UNTIL_MS) => {
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
      const ca = caPem ?? (await call<string>('GET', '/edge/api/ca.pem')).body;
      await writeFile(join(folder, 'ca.pem'), ca);
      const config = { HttpHeaders: { Authorization: `Bearer ${token}` } };
      await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      const url = `${origin.replace('https:', 'tcp:')}/edge/api/environments/${environmentId}/docker`;
      return ['--config', folder, '--tlsverify', '--tlscacert', join(folder, 'ca.pem'), '-H', url];
    },
  };
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
