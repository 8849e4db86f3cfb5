import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  issueClientCertificate,
  makeAuthority,
  newSerialNumber,
} from '../../../../../protocol/certificates/authority.js';
import { ownAuthority } from '../../../../../protocol/certificates/own-certificate.js';
import { startAgent } from '../../../../kit/agent/agent.js';
import { callPort, dialPort, makeClient, type PortClient } from '../../../../kit/docker/port-client.js';
import { startScriptedEngine } from '../../../../kit/engine/scripted-engine.js';
import { ONE_EVENT } from '../../../../kit/engine/scripts.js';
import { startPlugin, type TestPlugin } from '../../../../kit/hub/plugin.js';

/** Promised is under a second; a busy machine gets five times that. */
const DEADLINE_MS = 5_000;
const HOUR_MS = 3_600_000;

/** A hub with the Docker port, and an environment whose engine answers. */
async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const engine = await startScriptedEngine(t, { events: ONE_EVENT });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'shop' });
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: engine.socketPath });
  await hub.until(id, ({ status }) => status === 'online', 60_000);
  return { hub, engine, id };
}

/** A certificate for an environment that no API call has created. */
async function forge(
  hub: TestPlugin,
  ca: string,
  changes: { uri: string; expiresAtMs?: number; own?: boolean },
): Promise<PortClient> {
  const authority = changes.own
    ? await makeAuthority(randomBytes)
    : await ownAuthority(join(hub.dataDir, 'docker-port'), randomBytes, false);
  const now = Date.now() - HOUR_MS;
  const { certificate, key } = await issueClientCertificate(authority, {
    serialNumber: newSerialNumber(randomBytes),
    commonName: 'forged',
    publicKey: null,
    now,
    expiresAtMs: now + 2 * HOUR_MS,
    ...changes,
  });
  return { ca, cert: certificate, key: key ?? '' };
}

test('docker port: a certificate reaches its environment by the engine’s own paths', async (t) => {
  const { hub, engine, id } = await setup(t);
  const client = await makeClient(hub, id);
  t.like(await callPort(hub, client), { status: 200, body: { text: 'OK' } });
  t.is((await callPort(hub, client, '/v1.43/containers/json?all=1')).status, 200);
  t.true(engine.requests.includes('GET /v1.43/containers/json'));
  t.is(
    (await callPort(hub, client, 'http://engine/v1.43/info')).status,
    200,
    'as clients send it to proxies',
  );
  t.true(engine.requests.includes('GET /v1.43/info'));
  t.like(await callPort(hub, client, '*', 'OPTIONS'), { status: 400, body: { code: 'bad-docker-path' } });
  t.like(await callPort(hub, client, '/a/../b'), { status: 400, body: { code: 'bad-docker-path' } });
  t.like(await callPort(hub, client, '/edge/api/environments'), { status: 200 }, 'is the engine’s path too');
  t.true(engine.requests.includes('GET /edge/api/environments'));
});

test('docker port: a build with a BuildKit session passes, as the certificate names the environment', async (t) => {
  const { hub, engine, id } = await setup(t);
  const client = await makeClient(hub, id);
  t.is((await callPort(hub, client, '/build?version=2&session=a', 'POST')).status, 200);
  t.true(engine.requests.includes('POST /build'));
});

test('docker port: without a certificate of its CA a client gets one sentence and nothing else', async (t) => {
  const { hub, engine, id } = await setup(t);
  const right = await makeClient(hub, id);
  const { ca } = right;
  const uri = `fairlead:environment/${id}`;
  const before = engine.requests.length;
  for (const [what, client, code] of [
    ['no certificate', { ca }, 'docker-certificate-missing'],
    ['of another CA', await forge(hub, ca, { uri, own: true }), 'docker-certificate-invalid'],
    ['expired', await forge(hub, ca, { uri, expiresAtMs: Date.now() - 1000 }), 'docker-access-expired'],
    ['of no environment', await forge(hub, ca, { uri: 'https://x' }), 'docker-certificate-invalid'],
    ['of the CA, but no access', await forge(hub, ca, { uri }), 'docker-access-revoked'],
    [
      'of no such environment',
      await forge(hub, ca, { uri: 'fairlead:environment/99' }),
      'environment-not-found',
    ],
  ] as const) {
    const answer = await callPort(hub, client);
    t.is(answer.body.code, code, what);
    t.is(answer.status, code === 'environment-not-found' ? 404 : 401, what);
    t.is(typeof answer.body.message, 'string', what);
  }
  // Not even a request that is HTTP reaches the parser.
  const socket = await dialPort(t, hub, { ca });
  socket.write('\x16\x03\x01 not HTTP at all');
  const [first] = await once(socket, 'data');
  t.regex(String(first), /^HTTP\/1\.1 401 /);
  await once(socket, 'close');
  t.is(engine.requests.length, before);
});

test('docker port: a certificate is for its own environment only', async (t) => {
  const { hub, engine, id } = await setup(t);
  const other = await hub.createEnvironment({ name: 'other' });
  const client = await makeClient(hub, other.id);
  const before = engine.requests.length;
  t.like(await callPort(hub, client), { status: 503, body: { code: 'environment-not-associated' } });
  t.is((await callPort(hub, client, `/edge/api/environments/${id}/docker/_ping`)).status, 503);
  t.is(engine.requests.length, before);
});

test('docker port: old protocols and other application protocols are refused in the handshake', async (t) => {
  const { hub, id } = await setup(t);
  const client = await makeClient(hub, id);
  const weak = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await t.throwsAsync(dialPort(t, hub, { ...client, ...weak }), {
    message: /alert|unsupported protocol|no protocols/,
  });
  await t.throwsAsync(dialPort(t, hub, { ...client, ALPNProtocols: ['h2'] }), {
    message: /alert|unsupported protocol|no protocols/,
  });
  const socket = await dialPort(t, hub, { ...client, maxVersion: 'TLSv1.2' });
  t.is(socket.getProtocol(), 'TLSv1.2');
  t.is(socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
});

for (const [how, end] of [
  [
    'its access is revoked',
    (hub: TestPlugin, id: number, accessId: string) =>
      hub.call('DELETE', `/api/environments/${id}/docker-access/${accessId}`),
  ],
  [
    'its environment is deleted',
    (hub: TestPlugin, id: number) => hub.call('DELETE', `/api/environments/${id}`),
  ],
  ['its access expires', null],
] as const) {
  test(`docker port: an open stream is cut when ${how}`, async (t) => {
    const { hub, id } = await setup(t);
    // The tunnel is open before the access: its life is for the stream.
    await callPort(hub, await makeClient(hub, id));
    const expiresAt = new Date(Date.now() + (end ? HOUR_MS : 4_000)).toISOString();
    const client = await makeClient(hub, id, { expiresAt });
    const socket = await dialPort(t, hub, client);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n');
    while (!text.includes('{}')) await once(socket, 'data');
    const closed = new Promise<void>((resolve) =>
      socket.on('error', () => undefined).once('close', () => resolve()),
    );
    const startedMs = performance.now();
    if (end) t.is((await end(hub, id, client.access.id)).status, 204);
    await closed;
    const limitMs = DEADLINE_MS + (end ? 0 : 4_000);
    t.true(performance.now() - startedMs < limitMs);
    t.false(text.endsWith('0\r\n\r\n'), 'a cut is no end');
    const after = await callPort(hub, client);
    t.true(
      ['docker-access-revoked', 'docker-access-expired', 'environment-not-found'].includes(
        after.body.code ?? '',
      ),
    );
  });
}

test('docker port: a kept connection is asked again at each call', async (t) => {
  const { hub, id } = await setup(t);
  const client = await makeClient(hub, id);
  const socket = await dialPort(t, hub, client);
  const ask = async () => {
    socket.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer);
  };
  t.regex(await ask(), /^HTTP\/1\.1 200 /);
  await hub.call('DELETE', `/api/environments/${id}/docker-access/${client.access.id}`);
  t.regex(await ask(), /^HTTP\/1\.1 401 [\s\S]*The access of this client certificate was revoked/);
});

test('docker port: accesses and the CA survive a restart', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  await hub.stop();
  const again = await startPlugin(t, { dockerPort: 0, dataDir: hub.dataDir });
  t.is((await callPort(again, client)).body.code, 'environment-not-associated');
});
