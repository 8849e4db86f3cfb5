import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Router from '@koa/router';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { CSRF_HEADER, SESSION_COOKIE } from '../../../host/auth/authenticate.js';
import { addHostRoutes, type RouteDeps } from '../../../host/http/routes.js';
import { OPERATIONS } from '../../../plugin/server-hooks/routes/operations.js';
import { startHost, type TestHost, withWallClock } from '../start-host.js';

const PLUGIN = fileURLToPath(new URL('../../..', import.meta.url));
const DAY_MS = 86_400_000;

/**
 * Who may make a call: `admin`: callers with all rights; `environment`: those and who is bound to that very
 * environment; `own`: every known caller, with its own data; `anyone`: no credentials are asked for.
 */
type Audience = 'admin' | 'environment' | 'own' | 'anyone';

/** Each call of the plugin, by its `operationId`. */
const AUDIENCES: Readonly<Record<string, Audience>> = {
  listEnvironments: 'own',
  createEnvironment: 'admin',
  getEnvironment: 'environment',
  changeEnvironment: 'environment',
  rotateKey: 'environment',
  acceptClone: 'environment',
  disassociate: 'environment',
  getTunnel: 'environment',
  requireTunnel: 'environment',
  closeTunnel: 'environment',
  keepAlive: 'environment',
  keepNodeAlive: 'environment',
  getSnapshot: 'environment',
  getDoctorReport: 'environment',
  listNodes: 'environment',
  takeSnapshot: 'environment',
  createTicket: 'own',
  getDocker: 'environment',
  headDocker: 'environment',
  postDocker: 'environment',
  putDocker: 'environment',
  deleteDocker: 'environment',
  optionsDocker: 'environment',
  getNodeDocker: 'environment',
  headNodeDocker: 'environment',
  postNodeDocker: 'environment',
  putNodeDocker: 'environment',
  deleteNodeDocker: 'environment',
  optionsNodeDocker: 'environment',
  createDockerAccess: 'admin',
  listDockerAccess: 'environment',
  getDockerAccess: 'environment',
  revokeDockerAccess: 'environment',
  listContainers: 'environment',
  listImages: 'environment',
  listVolumes: 'environment',
  listNetworks: 'environment',
  listWebhooks: 'admin',
  createWebhook: 'admin',
  rotateSecret: 'admin',
  deleteWebhook: 'admin',
  callWebhook: 'anyone',
  getSettings: 'admin',
  changeSettings: 'admin',
  getFleet: 'admin',
  selfTest: 'admin',
  getMetrics: 'admin',
  getCa: 'anyone',
  streamEvents: 'own',
  getOpenApi: 'anyone',
  deleteEnvironment: 'environment',
};

/** The same for each route of the host itself. `DELETE /api/session` ends what it is called with: see below. */
const HOST_AUDIENCES: Readonly<Record<string, Audience>> = {
  'GET /healthz': 'anyone',
  'POST /api/session': 'anyone',
  'GET /api/session': 'own',
  'DELETE /api/session': 'own',
  'GET /api/tokens': 'admin',
  'POST /api/tokens': 'admin',
  'DELETE /api/tokens/:id': 'admin',
  'GET /api/plugins': 'admin',
  'PATCH /api/plugins/:id': 'admin',
};

/** The standing of each caller; a `stranger` gets no information. */
type Standing = 'admin' | 'own environment' | 'another environment' | 'stranger';
type Callers = Readonly<Record<string, { standing: Standing; headers: Record<string, string> }>>;

const HEAD_CODES: Readonly<Record<number, string>> = { 401: 'unauthorized', 403: 'forbidden' };

test('authorization: the matrix names each call of the plugin', (t) => {
  t.deepEqual(Object.keys(AUDIENCES).sort(), OPERATIONS.map(({ spec }) => spec.id).sort());
});

test('authorization: the matrix names each route of the host', (t) => {
  const app = new Koa();
  // Its parts are used by requests only.
  addHostRoutes(app, {} as RouteDeps);
  const routers = app.middleware.flatMap((each) => ('router' in each ? [each.router as Router] : []));
  const routes = routers.flatMap(({ stack }) =>
    stack.flatMap(({ methods, path }) => methods.filter((it) => it !== 'HEAD').map((it) => `${it} ${path}`)),
  );
  t.deepEqual(routes.sort(), Object.keys(HOST_AUDIENCES).sort());
});

test('authorization: each route of the host admits exactly the callers of the matrix', async (t) => {
  const { hub, agent, callers } = await setup(t);
  for (const [route, audience] of Object.entries(HOST_AUDIENCES)) {
    const [method = '', path = ''] = route.replace(':id', 'missing').split(' ');
    for (const [name, { standing, headers }] of Object.entries(callers)) {
      if (route === 'DELETE /api/session' && standing === 'admin') continue;
      const expected = expectedFor(audience, standing);
      t.is(await outcome(hub, agent, { method, path }, headers), expected, `${route}: ${name}`);
    }
  }
  const signOut = { method: 'DELETE', path: '/api/session' };
  const session = callers['a session']?.headers ?? {};
  t.is(await outcome(hub, agent, signOut, session), 'allowed');
  t.is(await outcome(hub, agent, signOut, session), 'unauthorized');
});

test('authorization: each call admits exactly the callers of the matrix, and refusals change nothing', async (t) => {
  const { hub, agent, callers, storeFile, callOf } = await setup(t);
  const before = await readFile(storeFile, 'utf8');
  for (const isAllowed of [false, true]) {
    for (const [id, audience] of Object.entries(AUDIENCES)) {
      for (const [name, { standing, headers }] of Object.entries(callers)) {
        const expected = expectedFor(audience, standing);
        if ((expected === 'allowed') !== isAllowed) continue;
        t.is(await outcome(hub, agent, callOf(id), headers), expected, `${id}: ${name}`);
      }
    }
    if (!isAllowed) t.is(await readFile(storeFile, 'utf8'), before, 'nothing is stored');
  }
});

test('authorization: upgrades of Docker calls require the same', async (t) => {
  const { hub, agent, callers, callOf } = await setup(t);
  for (const id of ['getDocker', 'postDocker', 'getNodeDocker', 'postNodeDocker']) {
    for (const [name, { standing, headers }] of Object.entries(callers)) {
      const upgrade = { ...headers, connection: 'Upgrade', upgrade: 'tcp' };
      const expected = expectedFor('environment', standing);
      t.is(await outcome(hub, agent, callOf(id), upgrade), expected, `${id}: ${name}`);
    }
  }
});

function expectedFor(audience: Audience, standing: Standing): 'allowed' | 'unauthorized' | 'forbidden' {
  if (audience === 'anyone' || standing === 'admin') return 'allowed';
  if (standing === 'stranger') return 'unauthorized';
  if (audience === 'own') return 'allowed';
  return audience === 'environment' && standing === 'own environment' ? 'allowed' : 'forbidden';
}

/** Whatever else a call is answered with, its caller was let in. */
async function outcome(
  { port, ca }: TestHost,
  agent: https.Agent,
  { method, path }: { method: string; path: string },
  headers: Record<string, string>,
): Promise<string> {
  const req = https.request({ port, host: '127.0.0.1', ca, path, method, headers, agent });
  req.end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  if (res.headers['content-type']?.startsWith('text/event-stream')) {
    req.destroy();
    return 'allowed';
  }
  const text = Buffer.concat(await res.toArray()).toString('utf8');
  const { statusCode = 0 } = res;
  if (statusCode < 400) return 'allowed';
  // A response to HEAD has no body with the code.
  const code = method === 'HEAD' ? HEAD_CODES[statusCode] : JSON.parse(text).code;
  return code === 'unauthorized' || code === 'forbidden' ? code : 'allowed';
}

async function setup(t: ExecutionContext) {
  let nowMs = Date.now();
  const hub = await startHost(t, { deps: { pluginFolders: [PLUGIN], clock: withWallClock(() => nowMs) } });
  const oldSession = await hub.signIn();
  nowMs += DAY_MS;
  const admin = await hub.signIn();
  const make = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await hub.call(path, { method: 'POST', headers: admin, body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json();
  };
  const { id } = await make('/edge/api/environments', { name: 'one' });
  const { id: otherId } = await make('/edge/api/environments', { name: 'other' });
  const { id: webhookId } = await make('/edge/api/webhooks', { name: 'hook' });
  const token = async (name: string, limits: object) => {
    const made = await make('/api/tokens', { name, ...limits });
    return { id: String(made.id), headers: { authorization: `Bearer ${made.token}` } };
  };
  const bound = { environmentId: id };
  const revoked = await token('revoked', bound);
  await hub.call(`/api/tokens/${revoked.id}`, { method: 'DELETE', headers: admin });
  const expired = await token('expired', { ...bound, expiresAt: new Date(nowMs + 1_000).toISOString() });
  nowMs += 1_000;
  const ended = await hub.signIn();
  await hub.call('/api/session', { method: 'DELETE', headers: ended });
  const cookie = { cookie: `${SESSION_COOKIE}=${admin.authorization.slice('Bearer '.length)}` };

  const callers: Callers = {
    'a caller without credentials': { standing: 'stranger', headers: {} },
    'an invented token': { standing: 'stranger', headers: { authorization: 'Bearer flt_invented' } },
    'basic authentication': { standing: 'stranger', headers: { authorization: 'Basic YWRtaW46YWRtaW4=' } },
    'an expired session': { standing: 'stranger', headers: oldSession },
    'a session that was signed out': { standing: 'stranger', headers: ended },
    'an expired token': { standing: 'stranger', headers: expired.headers },
    'a revoked token': { standing: 'stranger', headers: revoked.headers },
    'a cookie without the CSRF header': { standing: 'stranger', headers: cookie },
    'a cookie with a wrong CSRF header': { standing: 'stranger', headers: { ...cookie, [CSRF_HEADER]: '0' } },
    'a cookie with a bad token': {
      standing: 'stranger',
      headers: { ...cookie, [CSRF_HEADER]: '1', authorization: 'Bearer flt_invented' },
    },
    'a token of another environment': {
      standing: 'another environment',
      headers: (await token('other', { environmentId: otherId })).headers,
    },
    'a token of this environment': {
      standing: 'own environment',
      headers: (await token('own', bound)).headers,
    },
    'a token without bounds': { standing: 'admin', headers: (await token('all', {})).headers },
    'a session': { standing: 'admin', headers: admin },
    'a cookie with the CSRF header': { standing: 'admin', headers: { ...cookie, [CSRF_HEADER]: '1' } },
  };
  const callOf = (operationId: string) => {
    const call = OPERATIONS.find(({ spec }) => spec.id === operationId);
    if (!call) throw new Error(`no call ${operationId}`);
    const { method, path } = call.spec;
    const values: Readonly<Record<string, unknown>> = { id, webhookId, node: 'n1', path: '_ping' };
    return { method, path: `/edge${path.replace(/:(\w+)/g, (_, name: string) => String(values[name]))}` };
  };
  const agent = new https.Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const storeFile = join(hub.dataDir, 'plugins', 'fairlead', 'fairlead.json');
  return { hub, agent, callers, callOf, storeFile };
}
