import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { Engine } from '../../../../agent-image/src/docker/engine.js';
import { toEngineError } from '../../../../agent-image/src/docker/engine-error.js';
import { issueServerCertificate, makeAuthority } from '../../../../protocol/certificates/authority.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { type EngineScript, startEngine } from '../../../kit/engine/double.js';
import { infoWith, startFakeEngine } from './fake-engine.js';

const nowhere = { kind: 'unix', path: '/nowhere/engine.sock' } as const;

test('engine: answers a ping, and has an id that lasts', async (t) => {
  const { address } = await startFakeEngine(t);
  const engine = new Engine(address, systemClock);
  t.is(await engine.ping(), null);
  t.deepEqual(await engine.info(), { engineId: 'ABCD:EFGH', node: null, isPlaceKnown: true });
});

test('engine: a missing engine is neither up nor known', async (t) => {
  const engine = new Engine(nowhere, systemClock);
  t.is((await engine.ping())?.code, 'engine-unreachable');
  t.is(await engine.info(), null);
});

test('engine: an answer of 500, or one that is not the Docker API, is not up or not known', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/_ping': (_request, response) => void response.writeHead(500).end('no'),
    '/info': (_request, response) => void response.end('<html>'),
  });
  const engine = new Engine(address, systemClock);
  t.is((await engine.ping())?.code, 'engine-refused');
  t.is(await engine.info(), null);
});

test('engine: a Swarm manager knows its Swarm, a worker only its node', async (t) => {
  const member = { NodeID: 'node1', LocalNodeState: 'active' };
  const manager = await startFakeEngine(t, {
    '/info': infoWith({ Swarm: { ...member, ControlAvailable: true, Cluster: { ID: 'swarm1' } } }),
  });
  const worker = await startFakeEngine(t, {
    '/info': infoWith({ Swarm: { ...member, ControlAvailable: false, Cluster: null } }),
  });
  t.deepEqual((await new Engine(manager.address, systemClock).info())?.node, {
    swarmId: 'swarm1',
    nodeId: 'node1',
    name: 'edge-1',
    role: 'manager',
  });
  t.deepEqual((await new Engine(worker.address, systemClock).info())?.node, {
    swarmId: '',
    nodeId: 'node1',
    name: 'edge-1',
    role: 'worker',
  });
});

test('engine: Podman has no lasting id', async (t) => {
  const { address } = await startFakeEngine(t, { '/info': infoWith({ BuildahVersion: '1.31' }) });
  t.is((await new Engine(address, systemClock).info())?.engineId, null);
});

test('engine: a call past its deadline is engine-timeout, and its socket is closed', async (t) => {
  let onClose = () => {};
  const closed = new Promise<void>((resolve) => {
    onClose = resolve;
  });
  const { address } = await startFakeEngine(t, {
    '/containers/json': (_request, response) => void response.once('close', onClose),
  });
  const engine = new Engine(address, systemClock);
  const list = engine.call(2_000, (client) => client.listContainers());
  await t.throwsAsync(list, { code: 'engine-timeout' });
  await closed;
  t.pass();
});

for (const [name, answer] of Object.entries({
  'no answer': (socket) => socket.end(),
  'half a head': (socket) => socket.end('HTTP/1.1 200 OK\r\nConte'),
  'half a body': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"ID":'),
  'another protocol': (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
} satisfies Record<string, EngineScript>)) {
  test(`engine: ${name} is engine-bad-response: it was reached`, async (t) => {
    const { socketPath } = await startEngine(t, answer);
    const engine = new Engine({ kind: 'unix', path: socketPath }, systemClock);
    const error = await t.throwsAsync(
      engine.call(1_000, (client) => client.info()),
      { code: 'engine-bad-response' },
    );
    t.true(error?.cause instanceof Error);
    t.is((await engine.ping())?.code, 'engine-bad-response');
  });
}

test('engine: its own error message is the agent’s, bounded', async (t) => {
  const { address } = await startFakeEngine(t, {
    '/info': (_request, response) =>
      void response.writeHead(500).end(JSON.stringify({ message: 'the disk is full' })),
    '/version': (_request, response) =>
      void response.writeHead(503).end(JSON.stringify({ message: 'x'.repeat(1_000_000) })),
  });
  const engine = new Engine(address, systemClock);
  const refused = { code: 'engine-refused' };
  const error = await t.throwsAsync(
    engine.call(5_000, (client) => client.info()),
    refused,
  );
  t.is(error?.message, 'The engine answered with HTTP 500: the disk is full');
  const long = await t.throwsAsync(
    engine.call(5_000, (client) => client.version()),
    refused,
  );
  t.true((long?.message.length ?? 0) < 400);
});

test('engine: dial carries a half-close, as docker exec -i with piped input needs', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'engine-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const input: Buffer[] = [];
    socket.on('data', (chunk) => input.push(chunk));
    socket.on('end', () => socket.end(`after the end: ${Buffer.concat(input)}`));
  });
  server.listen(join(dir, 's'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = await new Engine({ kind: 'unix', path: join(dir, 's') }, systemClock).dial();
  socket.end('input');
  t.is(Buffer.concat(await socket.toArray()).toString(), 'after the end: input');
});

test('engine: input arrives after the engine’s output has ended', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'engine-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(join(dir, 's'));
  await once(server, 'listening');
  t.teardown(() => server.close());
  const accepted = once(server, 'connection');
  const socket = await new Engine({ kind: 'unix', path: join(dir, 's') }, systemClock).dial();
  const [engineSide] = (await accepted) as [net.Socket];
  engineSide.end();
  await once(socket.resume(), 'end');
  await new Promise(setImmediate);
  socket.end('late input');
  t.is(Buffer.concat(await engineSide.toArray()).toString(), 'late input');
});

test('engine: dial reports a missing engine', async (t) => {
  const error = await t.throwsAsync(new Engine(nowhere, systemClock).dial(), { code: 'engine-unreachable' });
  t.regex(error?.message ?? '', /mount the engine's socket/);
});

test('engine: a socket that may not be opened is engine-permission', (t) => {
  const error = toEngineError(Object.assign(new Error('x'), { code: 'EACCES' }), nowhere);
  t.is(error.code, 'engine-permission');
  t.regex(error.message, /--group-add/);
});

/** Something on TCP with TLS that echoes. */
async function startTlsEngine(t: ExecutionContext) {
  const authority = await makeAuthority(randomBytes);
  const { certificate, key } = await issueServerCertificate(
    authority,
    ['localhost'],
    Date.now(),
    randomBytes,
  );
  const server = tls.createServer({ cert: certificate, key, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  return { kind: 'tcp', host: 'localhost', port, ca: authority.certificate } as const;
}

test('engine: TCP with TLS is verified against ca.pem alone', async (t) => {
  const { ca, ...target } = await startTlsEngine(t);
  const other = await makeAuthority(randomBytes);
  const socket = await new Engine(
    { ...target, tls: () => ({ ca, cert: null, key: null }) },
    systemClock,
  ).dial();
  socket.end('echo');
  t.is(Buffer.concat(await socket.toArray()).toString(), 'echo');
  await t.throwsAsync(
    new Engine(
      { ...target, tls: () => ({ ca: other.certificate, cert: null, key: null }) },
      systemClock,
    ).dial(),
    {
      code: 'engine-unreachable',
    },
  );
});

test('engine: files that are no pair are reported, and no connection is made', async (t) => {
  const { ca, ...target } = await startTlsEngine(t);
  const [one, other] = [await makeAuthority(randomBytes), await makeAuthority(randomBytes)];
  let dials = 0;
  const counting = net.createServer(() => dials++).listen(0, 'localhost');
  await once(counting, 'listening');
  t.teardown(() => counting.close());
  const { port } = counting.address() as net.AddressInfo;
  const files = { ca, cert: one.certificate, key: other.key };
  const engine = new Engine({ ...target, port, tls: () => files }, systemClock);
  await t.throwsAsync(engine.dial(), { code: 'engine-unreachable' });
  // Connections arrive in order: an earlier one would be counted by now.
  const arrived = once(counting, 'connection');
  const last = net.connect(port, 'localhost', () => last.destroy());
  await arrived;
  t.is(dials, 1);
});

test('engine: a call ends at its deadline, whatever it waits for', async (t) => {
  const engine = new Engine(nowhere, systemClock);
  await t.throwsAsync(
    engine.call(50, () => new Promise<never>(() => undefined)),
    { code: 'engine-timeout' },
  );
});
