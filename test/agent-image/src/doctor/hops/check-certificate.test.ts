import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { issueServerCertificate, makeAuthority } from '../../../../../protocol/certificates/authority.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { tempFolder } from '../../../../kit/temp-folder.js';
import { diagnose, edgeKeyAt } from '../doctor-setup.js';

const authority = await makeAuthority(randomBytes);
const DAY_MS = 86_400_000;

/** An Edge key of a server on loopback that is no hub. */
async function edgeKeyOf(t: ExecutionContext, server: net.Server, scheme = 'https'): Promise<string> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return edgeKeyAt(`${scheme}://localhost:${(server.address() as AddressInfo).port}/edge`);
}

async function secureServer(t: ExecutionContext, names: string[], issuedAtMs = Date.now()) {
  const { certificate: cert, key } = await issueServerCertificate(authority, names, issuedAtMs, randomBytes);
  return edgeKeyOf(
    t,
    https.createServer({ cert, key }, (_request, response) => response.end('hello')),
  );
}

async function caFile(t: ExecutionContext): Promise<string> {
  const path = join(await tempFolder(t), 'ca.pem');
  await writeFile(path, authority.certificate);
  return path;
}

test('tls hop: an authority that the agent does not know', async (t) => {
  const { tls, api } = await diagnose({ EDGE_KEY: await secureServer(t, ['localhost']) });
  t.like(tls, { result: 'fail', code: 'hub-certificate-untrusted' });
  t.regex(tls.text, /authority that this agent does not know/);
  t.regex(tls.nextStep ?? '', /EDGE_CA_FILE/);
  t.like(api, { result: 'skip', text: 'Not checked: the certificate is not accepted' });
});

test('tls hop: EDGE_INSECURE_POLL turns it into a warning, and what answers is no hub', async (t) => {
  const EDGE_KEY = await secureServer(t, ['localhost']);
  const { tls, api } = await diagnose({ EDGE_KEY, EDGE_INSECURE_POLL: '1' });
  t.like(tls, { result: 'warn', code: 'hub-certificate-untrusted' });
  t.like(api, { result: 'fail', code: 'hub-answer-malformed' });
});

test('tls hop: a certificate for another name', async (t) => {
  const EDGE_CA_FILE = await caFile(t);
  const { tls } = await diagnose({ EDGE_KEY: await secureServer(t, ['hub.test']), EDGE_CA_FILE });
  t.like(tls, { result: 'fail', code: 'hub-certificate-name' });
  t.is(tls.text, 'The certificate is for hub.test, not for localhost');
});

test('tls hop: an expired certificate, and a clock that agrees with the server', async (t) => {
  const EDGE_CA_FILE = await caFile(t);
  const EDGE_KEY = await secureServer(t, ['localhost'], Date.now() - 2_000 * DAY_MS);
  const { tls, clock } = await diagnose({ EDGE_KEY, EDGE_CA_FILE });
  t.like(tls, { result: 'fail', code: 'hub-certificate-expired' });
  t.regex(tls.text, /^The certificate expired on /);
  t.is(clock.result, 'ok');
});

test('tls hop: a certificate that is not valid yet', async (t) => {
  const EDGE_CA_FILE = await caFile(t);
  const EDGE_KEY = await secureServer(t, ['localhost'], Date.now() + 30 * DAY_MS);
  const { tls } = await diagnose({ EDGE_KEY, EDGE_CA_FILE });
  t.like(tls, { result: 'fail', code: 'hub-certificate-expired' });
  t.regex(tls.text, /^The certificate is valid from /);
});

test('tls hop: a self-signed certificate', async (t) => {
  const server = https.createServer(
    { cert: authority.certificate, key: authority.key },
    (_request, response) => response.end(),
  );
  const { tls } = await diagnose({ EDGE_KEY: await edgeKeyOf(t, server) });
  t.like(tls, { result: 'fail', code: 'hub-certificate-untrusted' });
  t.regex(tls.text, /^The certificate is self-signed, issued by /);
});

test('tls hop: a server without TLS', async (t) => {
  const { tls, clock } = await diagnose({ EDGE_KEY: await edgeKeyOf(t, http.createServer()) });
  t.like(tls, { result: 'fail', code: 'hub-not-tls' });
  t.is(clock.result, 'fail');
});

test('tls hop: a server that accepts, and never answers', async (t) => {
  const { tls, mtu } = await diagnose({ EDGE_KEY: await edgeKeyOf(t, net.createServer()) });
  t.like(tls, { result: 'fail', code: 'hub-unreachable' });
  t.regex(tls.text, /^Connected, but nothing answers the TLS handshake within 8 s$/);
  t.is(mtu.result, 'skip');
});

test('mtu hop: a server that answers a few bytes, and no TLS handshake', async (t) => {
  // The answer of a TLS server to what is not TLS; a ClientHello starts with 22.
  const server = net.createServer((socket) =>
    socket.on('data', ([first]) => void (first !== 22 && socket.end())),
  );
  const { tls, api, mtu } = await diagnose({ EDGE_KEY: await edgeKeyOf(t, server) });
  t.is(tls.result, 'skip');
  t.is(api.result, 'skip');
  t.like(mtu, { result: 'fail', code: 'mtu-black-hole' });
});

test('clock hop: a machine whose clock is off', async (t) => {
  const EDGE_CA_FILE = await caFile(t);
  const EDGE_KEY = await secureServer(t, ['localhost']);
  const late = { ...systemClock, now: () => Date.now() - 3 * 3_600_000 };
  const { clock } = await diagnose({ EDGE_KEY, EDGE_CA_FILE }, late);
  t.like(clock, { result: 'warn', code: 'clock-wrong' });
  t.is(clock.text, "This machine's clock is 3 h behind the hub's");
});
