import http from 'node:http';
import https from 'node:https';
import type { CreateEnvironment, EnvironmentCreated, EnvironmentView } from '../../../plugin/api.js';
import { until } from '../until.js';

/** An environment's state changes within seconds; a busy machine gets many times that. */
const UNTIL_MS = 60_000;

/** An answer of the hub; `body` is parsed where it is JSON. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: T;
}

/** Where the API is, and the token to call it with. */
export interface ApiAddress {
  /** What paths are relative to, without a slash at its end. */
  readonly url: string;
  /** Path from `url` to the plugin. Default: none, the plugin is at `url`. */
  readonly mount?: string;
  readonly token: string | null;
}

/** Calls the hub's API over HTTP or HTTPS, whatever its certificate; a connection for each call. */
export interface ApiClient {
  /** `path` starts with a slash. */
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<ApiAnswer<T>>;
  createEnvironment(body: CreateEnvironment): Promise<EnvironmentCreated>;
  view(id: number): Promise<EnvironmentView>;
  /** The environment once `holds` accepts it. */
  until(id: number, holds: (view: EnvironmentView) => boolean, ms?: number): Promise<EnvironmentView>;
}

export function apiClient({ url, mount = '', token }: ApiAddress): ApiClient {
  const environments = `${mount}/api/environments`;
  const call: ApiClient['call'] = (method, path, body, signal) =>
    send(`${url}${path}`, { method, token, body, signal });
  const view = async (id: number) => (await call<EnvironmentView>('GET', `${environments}/${id}`)).body;
  return {
    call,
    view,
    createEnvironment: async (body) => {
      const answer = await call<EnvironmentCreated>('POST', environments, body);
      if (answer.status !== 201) throw new Error(`not created: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    until: (id, holds, ms = UNTIL_MS) => until(() => view(id), holds, { ms }),
  };
}

interface ApiRequest {
  readonly method: string;
  readonly token: string | null;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

function send<T>(url: string, { method, token, body, signal }: ApiRequest): Promise<ApiAnswer<T>> {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
  };
  const options = { method, headers, agent: false, rejectUnauthorized: false, ...(signal && { signal }) };
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const req = request(url, options, (res) => readAnswer<T>(res).then(resolve, reject));
    req.on('error', reject);
    req.end(bytes ?? undefined);
  });
}

async function readAnswer<T>(res: http.IncomingMessage): Promise<ApiAnswer<T>> {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const isJson = /json/.test(res.headers['content-type'] ?? '') && text !== '';
  return { status: res.statusCode ?? 0, headers: res.headers, body: isJson ? JSON.parse(text) : text };
}
