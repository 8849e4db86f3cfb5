import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import test from 'ava';
import { toHubError } from '../../../../agent-image/src/hub/error.js';
import { issueServerCertificate, makeAuthority } from '../../../../protocol/certificates/authority.js';
import { startConnectProxy } from './connect-proxy.js';
import { authority, get, openOutbound, setup } from './outbound-setup.js';

const YEAR_MS = 365 * 24 * 3_600_000;

test('outbound: refuses a certificate of an unknown authority, and names EDGE_CA_FILE', async (t) => {
  const { port, outbound } = await setup(t);
  const error = toHubError(await t.throwsAsync(get(outbound.agent, `https://localhost:${port}`)));
  t.is(error.code, 'hub-certificate-untrusted');
  t.regex(error.message, /EDGE_CA_FILE/);
});

test('outbound: accepts it with the authority of EDGE_CA_FILE, and keeps the connection', async (t) => {
  const { port, outbound, connections } = await setup(t, { config: { ca: () => authority.certificate } });
  t.is(await get(outbound.agent, `https://localhost:${port}`), 'hub');
  t.is(await get(outbound.agent, `https://localhost:${port}`), 'hub');
  t.is(connections.length, 1);
});

test('outbound: an authority that is replaced in EDGE_CA_FILE is trusted from the next connection on', async (t) => {
  const other = await makeAuthority(randomBytes);
  let ca = other.certificate;
  const { port, outbound } = await setup(t, { config: { ca: () => ca } });
  const url = `https://localhost:${port}`;
  const refused = toHubError(await t.throwsAsync(get(outbound.agent, url)));
  t.is(refused.code, 'hub-certificate-untrusted');
  ca = authority.certificate;
  t.is(await get(outbound.agent, url), 'hub');
});

test('outbound: TCP probes an idle connection after 25 s, from its first request on and through a proxy', async (t) => {
  const { port, outbound, connections } = await setup(t, { config: { insecurePoll: true } });
  const proxy = await startConnectProxy(t, { port });
  const url = new URL(`http://127.0.0.1:${proxy.port}`);
  const proxied = openOutbound(t, { insecurePoll: true, proxy: { url, noProxy: '' } });
  // Not loopback's own name: that is never reached through a proxy.
  const ways = [
    { own: outbound, at: `https://127.0.0.1:${port}`, peer: port },
    { own: proxied, at: 'https://hub.test:9443', peer: proxy.port },
  ];
  for (const { own, at, peer } of ways) {
    await get(own.agent, at);
    const firstMs = await probeDueMs(peer);
    t.true(firstMs > 15_000 && firstMs <= 25_000, `${firstMs}`);
    await get(own.agent, at);
    const againMs = await probeDueMs(peer);
    t.true(againMs > 15_000 && againMs <= 25_000, `${againMs}`);
  }
  t.true(connections.length > 0);
});

/** When the kernel probes our connection to a port of 127.0.0.1, ms (proc_net_tcp: `02` is the keep-alive timer). */
async function probeDueMs(port: number): Promise<number> {
  const peer = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const text = await readFile('/proc/net/tcp', 'utf8');
  const due = text.split('\n').flatMap((line) => {
    const [, , remote, state, , timer = ''] = line.trim().split(/\s+/);
    const [kind, when = ''] = timer.split(':');
    return remote === peer && state === '01' && kind === '02' ? [Number.parseInt(when, 16) * 10] : [];
  });
  return Math.max(0, ...due);
}

test('outbound: accepts any certificate with EDGE_INSECURE_POLL', async (t) => {
  const { port, outbound } = await setup(t, { names: ['other.test'], config: { insecurePoll: true } });
  t.is(await get(outbound.agent, `https://localhost:${port}`), 'hub');
});

test('outbound: refuses a certificate for another name', async (t) => {
  const { port, outbound } = await setup(t, {
    names: ['other.test'],
    config: { ca: () => authority.certificate },
  });
  const error = await t.throwsAsync(get(outbound.agent, `https://localhost:${port}`));
  t.is(toHubError(error).code, 'hub-certificate-name');
});

test('outbound: refuses an expired certificate', async (t) => {
  const { port, outbound } = await setup(t, {
    issuedAtMs: Date.now() - 2 * YEAR_MS,
    config: { ca: () => authority.certificate },
  });
  const error = await t.throwsAsync(get(outbound.agent, `https://localhost:${port}`));
  t.is(toHubError(error).code, 'hub-certificate-expired');
});

test('outbound: reports TLS towards a plain HTTP server', async (t) => {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const error = await t.throwsAsync(get(openOutbound(t).agent, `https://127.0.0.1:${port}`));
  t.is(toHubError(error).code, 'hub-not-tls');
});

test('outbound: reports a refused connection, for check-ins and tunnel alike', async (t) => {
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as net.AddressInfo;
  closed.close();
  await once(closed, 'close');
  const { agent, connectTcp } = openOutbound(t);
  t.is(toHubError(await t.throwsAsync(get(agent, `https://127.0.0.1:${port}`))).code, 'hub-refused');
  await t.throwsAsync(connectTcp('127.0.0.1', port, { timeoutMs: 5_000 }), { code: 'hub-refused' });
});

test('outbound: speaks plain HTTP if the Edge key has an http:// URL', async (t) => {
  const server = http.createServer((_request, response) => response.end('plain')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  t.is(await get(openOutbound(t, { cleartext: true }).agent, `http://127.0.0.1:${port}`), 'plain');
});

test('outbound: check-ins go through the proxy, which resolves the name and sees no plain text', async (t) => {
  const { port } = await setup(t);
  const proxy = await startConnectProxy(t, { port });
  const url = new URL(`http://user:p%40ss@127.0.0.1:${proxy.port}`);
  const outbound = openOutbound(t, { ca: () => authority.certificate, proxy: { url, noProxy: '' } });
  t.is(await get(outbound.agent, 'https://hub.test:9443/edge'), 'hub');
  t.is(await get(outbound.agent, 'https://hub.test:9443/edge'), 'hub');
  t.deepEqual(proxy.targets, ['hub.test:9443']);
  t.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
});

test('outbound: the name behind a proxy is verified as without one', async (t) => {
  const { port } = await setup(t, { names: ['other.test'] });
  const proxy = await startConnectProxy(t, { port });
  const url = new URL(`http://127.0.0.1:${proxy.port}`);
  const { agent } = openOutbound(t, { ca: () => authority.certificate, proxy: { url, noProxy: '' } });
  const error = await t.throwsAsync(get(agent, 'https://hub.test:9443/edge'));
  t.is(toHubError(error).code, 'hub-certificate-name');
});

test('outbound: the tunnel gets a two-way pipe through the proxy', async (t) => {
  const echo = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  t.teardown(() => echo.close());
  const proxy = await startConnectProxy(t, echo.address() as net.AddressInfo);
  const url = new URL(`http://127.0.0.1:${proxy.port}`);
  const { connectTcp } = openOutbound(t, { proxy: { url, noProxy: '' } });
  const socket = await connectTcp('fd00::1', 8000, { timeoutMs: 5_000 });
  t.teardown(() => socket.destroy());
  socket.write('ping');
  t.is(String((await once(socket, 'data'))[0]), 'ping');
  t.deepEqual(proxy.targets, ['[fd00::1]:8000']);
});

test('outbound: a host in NO_PROXY is reached directly', async (t) => {
  const { port } = await setup(t);
  const proxy = await startConnectProxy(t, { status: 403 });
  const url = new URL(`http://127.0.0.1:${proxy.port}`);
  const { connectTcp } = openOutbound(t, { proxy: { url, noProxy: '0.0.0.0/8' } });
  const socket = await connectTcp('0.0.0.0', port, { timeoutMs: 5_000 });
  socket.destroy();
  t.deepEqual(proxy.targets, []);
});

for (const status of [403, 407, 502]) {
  test(`outbound: a proxy that answers ${status} is proxy-refused, for check-ins and tunnel alike`, async (t) => {
    const proxy = await startConnectProxy(t, { status });
    const url = new URL(`http://127.0.0.1:${proxy.port}`);
    const { agent, connectTcp } = openOutbound(t, { proxy: { url, noProxy: '' } });
    await t.throwsAsync(connectTcp('hub.test', 8000, { timeoutMs: 5_000 }), { code: 'proxy-refused' });
    await t.throwsAsync(get(agent, 'https://hub.test/edge'), { code: 'proxy-refused' });
  });
}

test('outbound: a proxy that is not there, or silent, is proxy-unreachable', async (t) => {
  const proxy = await startConnectProxy(t, 'silence');
  const silent = openOutbound(t, {
    proxy: { url: new URL(`http://127.0.0.1:${proxy.port}`), noProxy: '' },
  });
  await t.throwsAsync(silent.connectTcp('hub.test', 8000, { timeoutMs: 50 }), { code: 'proxy-unreachable' });
  const absent = openOutbound(t, { proxy: { url: new URL('http://127.0.0.1:1'), noProxy: '' } });
  await t.throwsAsync(absent.connectTcp('hub.test', 8000, { timeoutMs: 5_000 }), {
    code: 'proxy-unreachable',
  });
});

test('outbound: an https: proxy is verified like the hub, and carries TLS inside TLS', async (t) => {
  const { port } = await setup(t);
  // For the proxy's name alone: it is not the hub's.
  const names = ['localhost'];
  const { certificate, key } = await issueServerCertificate(authority, names, Date.now(), randomBytes);
  const server = await startConnectProxy(t, { port }, { cert: certificate, key });
  const proxy = { url: new URL(`https://localhost:${server.port}`), noProxy: '' };
  const trusting = openOutbound(t, { ca: () => authority.certificate, proxy });
  t.is(await get(trusting.agent, 'https://hub.test:9443/edge'), 'hub');
  await t.throwsAsync(openOutbound(t, { proxy }).connectTcp('hub.test', 8000, { timeoutMs: 5_000 }), {
    code: 'proxy-unreachable',
  });
});
