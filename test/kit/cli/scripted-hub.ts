import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { serveHttps } from './https-server.js';
import { type CliUser, cliUser } from './run-cli.js';

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

/** Answers by method and path without query: `POST /api/tokens`. */
export type Answers = Record<string, () => Answer | Promise<Answer>>;

/** Stands for a hub that fails, is slow or hostile: the calls that the command makes, with answers that a test can change. */
export interface ScriptedHub {
  readonly origin: string;
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly answers: Answers;
  /** The calls so far, as keys of `answers`. */
  calls(): readonly string[];
  /** Those that sent this token. */
  callsWith(token: string): readonly string[];
}

export const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
export const ACCESS_PATH = '/edge/api/environments/5/docker-access';

/** The answer to a new access; `changes` replaces members. */
export function newAccess(changes: Readonly<Record<string, unknown>> = {}): Answer {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const files = { ca: CERTIFICATE, certificate: CERTIFICATE };
  return { status: 201, body: { id: 'a1', host: 'tcp://localhost:1', ...files, expiresAt, ...changes } };
}

/** Starts one with the online environment `shop`, id 5. */
export async function startScriptedHub(t: Scope, changes: Answers = {}): Promise<ScriptedHub> {
  const items = [
    { id: 5, name: 'shop', status: 'online', tunnel: 'idle', problem: null, lastCheckInAt: null },
  ];
  const answers: Answers = {
    'POST /api/session': () => ({ body: { token: 'session' } }),
    'POST /api/tokens': () => ({ status: 201, body: { id: 't1', token: 'flt_made' } }),
    'GET /edge/api/environments': () => ({ body: { items, total: 1, nextCursor: null } }),
    [`POST ${ACCESS_PATH}`]: () => newAccess(),
    ...changes,
  };
  const keyOf = ({ method, url }: { method?: string | undefined; url?: string | undefined }) =>
    `${method} ${url?.split('?')[0]}`;
  const { origin, ca, requests } = await serveHttps(t, (own) => async (req, res) => {
    req.resume();
    if (req.url === '/edge/api/ca.pem') return void res.end(own);
    const fallback = (): Answer => (req.method === 'DELETE' ? { status: 204 } : { status: 404, body: {} });
    const { status = 200, body } = await (answers[keyOf(req)] ?? fallback)();
    res.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  });
  const caFile = join(await tempFolder(t), 'ca.pem');
  await writeFile(caFile, ca);
  return {
    origin,
    url: `${origin}/edge`,
    ca,
    caFile,
    answers,
    calls: () => requests.map(keyOf),
    callsWith: (token) =>
      requests.filter(({ authorization }) => authorization === `Bearer ${token}`).map(keyOf),
  };
}

/** A user who is logged in to it with the token `flt_made`. */
export async function scriptedUser(
  t: Scope,
  hub: ScriptedHub,
  env: NodeJS.ProcessEnv = {},
): Promise<CliUser> {
  const user = await cliUser(t, env);
  const { code, stderr } = await user.run(loginTo(hub), { input: 'password' });
  if (code !== 0) throw new Error(`not logged in: ${stderr}`);
  return user;
}

/** The arguments of a login to it with a password from standard input. */
export function loginTo({ origin, caFile }: ScriptedHub): string[] {
  return ['login', origin, '--ca', caFile, '--password-stdin'];
}
