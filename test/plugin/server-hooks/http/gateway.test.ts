import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { startApi } from '../../../../plugin/server-hooks/assembly/api.js';
import { startDockerAccess } from '../../../../plugin/server-hooks/assembly/docker-access.js';
import { startLive } from '../../../../plugin/server-hooks/assembly/live.js';
import { startStorage } from '../../../../plugin/server-hooks/assembly/storage.js';
import { startTunnels } from '../../../../plugin/server-hooks/assembly/tunnels.js';
import type { CallRecord } from '../../../../plugin/server-hooks/http/gateway.js';
import { Lifecycle } from '../../../../plugin/server-hooks/lifecycle.js';
import { parseOptions } from '../../../../plugin/server-hooks/options.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { apiClient } from '../../../kit/hub/api-client.js';
import { LogRecorder } from '../../../kit/log-recorder.js';
import { tempFolder } from '../../../kit/temp-folder.js';

const EXEC = 'a'.repeat(64);

/** A hub made of its assemblies, whose calls are recorded. `bound` is a token for environment 1 only. */
async function setup(t: ExecutionContext) {
  const options = parseOptions({
    dataDir: await tempFolder(t),
    bind: '127.0.0.1',
    tunnelPort: 0,
    dockerPort: 'none',
  });
  const logger = new LogRecorder();
  const authenticate = async ({ headers: { authorization } }: IncomingMessage) => {
    if (authorization === 'Bearer admin') return { id: 'admin', via: 'bearer' as const };
    return authorization === 'Bearer bound'
      ? { id: 'bound', via: 'bearer' as const, environmentId: 1 }
      : null;
  };
  const host = { authenticate, logger };
  const lifecycle = new Lifecycle(options.clock);
  const storage = await startStorage(options, logger, lifecycle);
  const dockerAccess = await startDockerAccess(options, storage, logger, lifecycle);
  const live = await startLive(options, storage, logger, lifecycle);
  const tunnels = await startTunnels(options, storage, live, logger, lifecycle);
  const parts = { options, host, logger, ...storage, ...dockerAccess, ...live, ...tunnels };
  const api = await startApi(parts, lifecycle);
  const below = ({ url = '' }: IncomingMessage) => url.replace(/^\/edge/, '');
  const server = http.createServer((req, res) => api.answer(req, res, below(req)));
  server.on('upgrade', (req, socket, head) => {
    if (!api.upgrade(req, socket, head, below(req))) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    await lifecycle.stop();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/edge`;
  const records: CallRecord[] = [];
  let wake = () => {};
  const stopRecording = api.gateway.onCall((record) => {
    records.push(record);
    wake();
  });
  /** The records so far, once there are `count`. */
  const recorded = async (count: number) => {
    while (records.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return records.splice(0);
  };
  const caller = (token: string | null) => apiClient({ url, token });
  return { url, caller, recorded, records, stopRecording, gateway: api.gateway, logger };
}

test('gateway: records each kind of call, with its caller, its environment and its status', async (t) => {
  const { url, caller, recorded } = await setup(t);
  const admin = caller('admin');
  const { id, edgeKey, edgeId } = await admin.createEnvironment({
    name: 'one',
    url,
    tunnelAddress: '127.0.0.1:1',
  });
  const none = { principalId: null, instanceId: null, environmentId: null };
  const byAdmin = { ...none, kind: 'rest', principalId: 'admin' };
  t.like((await recorded(1))[0], { ...byAdmin, operation: 'createEnvironment', status: 201 });

  await admin.call('GET', `/api/environments/${id}`);
  await caller(null).call('GET', `/api/environments/${id}`);
  await caller('bound').call('GET', '/api/settings');
  const [read, strange, forbidden] = await recorded(3);
  t.like(read, { ...byAdmin, operation: 'getEnvironment', environmentId: id, status: 200 });
  t.like(strange, { ...none, kind: 'rest', operation: 'getEnvironment', environmentId: id, status: 401 });
  t.like(forbidden, { ...none, kind: 'rest', operation: 'getSettings', status: 403 });
  t.true(Number(read?.durationMs) > 0);

  await admin.call('GET', `/api/environments/${id}/docker/version`);
  const [docker] = await recorded(1);
  t.like(docker, { ...byAdmin, kind: 'docker', operation: 'GET', environmentId: id, status: 503 });

  const { body } = await admin.call<{ ticket: string }>('POST', '/api/tickets', {
    environmentId: id,
    execId: EXEC,
  });
  const [ticket] = await recorded(1);
  t.like(ticket, { ...byAdmin, operation: 'createTicket', environmentId: id, status: 201 });
  await caller('bound').call('POST', '/api/tickets', { environmentId: 2, execId: EXEC });
  const [refusedTicket] = await recorded(1);
  t.like(refusedTicket, { kind: 'rest', operation: 'createTicket', environmentId: 2, status: 403 });

  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  await agent.checkIn();
  const [enrolment, checkIn] = await recorded(2);
  const { instanceId } = agent.instance;
  const byAgent = { ...none, kind: 'agent', environmentId: id, instanceId };
  t.like(enrolment, { ...byAgent, operation: '/agent/enrol', status: 200 });
  t.like(checkIn, { ...byAgent, operation: '/agent/check-in', status: 200 });

  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
  const path = (ticket: string) => `${url}/api/environments/${id}/exec/${EXEC}/ws?ticket=${ticket}`;
  http.get(path('t'.repeat(43)), { headers: upgrade, agent: false }, (res) => res.resume());
  const console = { ...none, kind: 'console', operation: 'exec' };
  t.like((await recorded(1))[0], { ...console, status: 401 });
  http.get(path(body.ticket), { headers: upgrade, agent: false }, (res) => {
    t.is(res.headers['sec-websocket-version'], '13, 8');
    res.resume();
  });
  const noKey = { ...console, environmentId: id, principalId: 'admin', status: 400 };
  t.like((await recorded(1))[0], noKey, 'a handshake without a key');
});

test('gateway: one access answers what a caller may do: a token for one environment is bound to it', async (t) => {
  const { url, caller } = await setup(t);
  const admin = caller('admin');
  for (const name of ['one', 'two']) {
    await admin.createEnvironment({ name, url, tunnelAddress: '127.0.0.1:1' });
  }
  const bound = caller('bound');
  const { body } = await bound.call<{ items: { id: number }[] }>('GET', '/api/environments');
  t.deepEqual(
    body.items.map(({ id }) => id),
    [1],
  );
  t.is((await bound.call('GET', '/api/environments/2')).status, 403);
  t.is((await bound.call('GET', '/api/environments/2/docker/version')).status, 403);
  t.is((await bound.call('POST', '/api/tickets', { environmentId: 2, execId: EXEC })).status, 403);
  t.is((await bound.call('POST', '/api/tickets', { environmentId: 1, execId: EXEC })).status, 201);
});

test('gateway: a listener that fails disturbs no call and no other listener', async (t) => {
  const { caller, recorded, gateway, logger } = await setup(t);
  gateway.onCall(() => {
    throw new Error('no disk');
  });
  const admin = caller('admin');
  for (let call = 0; call < 2; call++) t.is((await admin.call('GET', '/api/settings')).status, 200);
  t.is((await recorded(2)).length, 2);
  t.true(logger.lines.some(({ message }) => message === 'a listener for ended calls failed'));
});

test('gateway: without a listener nothing is recorded', async (t) => {
  const { caller, records, stopRecording } = await setup(t);
  stopRecording();
  await caller('admin').call('GET', '/api/settings');
  t.deepEqual(records, []);
});

test('gateway: counts calls and their problems by kind, listeners or not', async (t) => {
  const { url, caller, gateway, stopRecording } = await setup(t);
  stopRecording();
  const admin = caller('admin');
  const { id, edgeKey, edgeId } = await admin.createEnvironment({
    name: 'one',
    url,
    tunnelAddress: '127.0.0.1:1',
  });
  await caller(null).call('GET', '/api/settings');
  await admin.call('GET', `/api/environments/${id}/docker/version`);
  const agent = await joinInstance(t, { edgeKey, edgeId: edgeId ?? '' });
  await agent.checkIn();
  await caller(null).call('GET', '/agent/check-in');
  t.deepEqual(gateway.opened, { rest: 2, docker: 1, console: 0, agent: 3 });
  t.deepEqual([...gateway.failed.rest], [['unauthorized', 1]]);
  t.deepEqual([...gateway.failed.docker], [['environment-not-associated', 1]]);
  t.deepEqual([...gateway.failed.agent], [['agent-unauthorized', 1]]);
});

test('gateway: a listener for one kind of calls gets no other', async (t) => {
  const { caller, recorded, gateway } = await setup(t);
  const docker: CallRecord[] = [];
  gateway.onCall((record) => docker.push(record), ['docker']);
  await caller('admin').call('GET', '/api/settings');
  await caller('admin').call('GET', '/api/environments/1/docker/version');
  await recorded(2);
  t.deepEqual(
    docker.map(({ kind, status }) => [kind, status]),
    [['docker', 404]],
  );
});
