import { once } from 'node:events';
import http2 from 'node:http2';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startHost, type TestHost } from '../start-host.js';

/** Sends bytes over TLS as they are, and reads until the other side closes. */
async function send(to: TestHost, text: string): Promise<{ status: number; code: string | undefined }> {
  const { status, code } = await sendRaw(to, text);
  return { status, code };
}

/** As {@link send}, with the raw answer. */
async function sendRaw(
  { port, ca }: TestHost,
  text: string,
): Promise<{ status: number; code: string | undefined; answer: string }> {
  const socket = tls.connect({ port, host: '127.0.0.1', ca });
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(Buffer.from(text, 'latin1'));
  await new Promise((resolve) => socket.once('close', resolve));
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  return { status, code: /"code":"([a-z-]+)"/.exec(answer)?.[1], answer };
}

/** Each has to be refused wherever it is sent. */
const BAD_HOSTS = {
  'with 60,000 slashes': [`Host: hub${'/'.repeat(60_000)}x`],
  'with a path': ['Host: hub/x'],
  'with credentials': ['Host: user@hub'],
  'with a port that is none': ['Host: hub:port'],
  empty: ['Host:'],
  missing: [],
  doubled: ['Host: hub', 'Host: other'],
};
const upgrade = ['Connection: Upgrade', 'Upgrade: tcp'];
for (const [what, hosts] of Object.entries(BAD_HOSTS)) {
  test(`host: a Host ${what} is refused for calls and upgrades, by host and plugin`, async (t) => {
    const pluginFolders = [fileURLToPath(new URL('../../..', import.meta.url))];
    const host = await startHost(t, { deps: { pluginFolders } });
    for (const path of ['/healthz', '/edge/api/environments', '/edge/api/environments/1/docker/info']) {
      for (const more of [['Connection: close'], upgrade]) {
        const { status, code } = await send(
          host,
          [`GET ${path} HTTP/1.1`, ...hosts, ...more, '', ''].join('\r\n'),
        );
        // What Node refuses by itself has no code.
        t.true(status === 400 && (code === 'bad-host' || hosts.length === 0), `${path}: ${status} ${code}`);
      }
    }
    await lives(t, host);
  });
}

test('host: an :authority that is not host[:port], or differs from Host, is refused', async (t) => {
  const host = await startHost(t);
  const client = http2.connect(`https://127.0.0.1:${host.port}`, { ca: host.ca });
  t.teardown(() => client.destroy());
  const statusFor = async (headers: http2.OutgoingHttpHeaders) => {
    const stream = client.request({ ':path': '/healthz', ...headers });
    // Some the HTTP/2 library resets by itself.
    const answer = await once(stream, 'response').then(
      ([head]) => head[':status'],
      () => 400,
    );
    stream.close();
    return answer;
  };
  t.is(await statusFor({}), 200);
  t.is(await statusFor({ ':authority': 'hub', host: 'HUB' }), 200);
  t.is(await statusFor({ ':authority': `hub${'/'.repeat(60_000)}x` }), 400);
  t.is(await statusFor({ ':authority': 'user@hub' }), 400);
  t.is(await statusFor({ ':authority': 'hub', host: 'other' }), 400);
});

const request = (headers: readonly string[], body = '') =>
  ['POST /api/session HTTP/1.1', 'Host: hub', 'Connection: close', ...headers, '', body].join('\r\n');
const ATTEMPT = '{"password":"x"}';

async function lives(t: ExecutionContext, host: TestHost): Promise<void> {
  t.is((await host.call('/healthz')).status, 200);
}

for (const [what, text, status, code] of [
  ['a header of 300 KB', request([`X-Large: ${'x'.repeat(300_000)}`]), 431, 'headers-too-large'],
  [
    '6,000 headers of 50 bytes',
    request(Array(6_000).fill(`X-Many: ${'x'.repeat(42)}`)),
    431,
    'headers-too-large',
  ],
  [
    'a path of 300 KB',
    request([]).replace('/api/session', `/${'x'.repeat(300_000)}`),
    431,
    'headers-too-large',
  ],
  ['two lengths', request(['Content-Length: 16', 'Content-Length: 17'], ATTEMPT), 400, 'not-http'],
  [
    'a length together with chunks',
    request(['Content-Length: 16', 'Transfer-Encoding: chunked'], ATTEMPT),
    400,
    'not-http',
  ],
  ['a length that is no number', request(['Content-Length: 0x10'], ATTEMPT), 400, 'not-http'],
  ['a NUL in a header', request(['X-Nul: a\0b']), 400, 'not-http'],
  ['a line feed alone', request(['X-Feed: a\nX-Next: b']).replaceAll('\r\n', '\n'), 400, 'not-http'],
  ['a folded header', request(['X-Folded: a', ' b']), 400, 'not-http'],
  ['raw UTF-8 in a path', request([]).replace('/api/session', '/\xc3\xa4'), 400, 'bad-request-target'],
  ['raw UTF-8 in a query', request([]).replace('session', 'session?a=\xc3\xa4'), 400, 'bad-request-target'],
  ['a control character in a path', request([]).replace('session', 'a\x01b'), 400, 'bad-request-target'],
  ['no HTTP', 'nonsense\r\n\r\n', 400, 'not-http'],
  ['chunks without a size', request(['Transfer-Encoding: chunked'], 'x\r\n'), 400, 'not-http'],
] as const) {
  test(`host: ${what} is answered with ${status}, and the host keeps running`, async (t) => {
    const host = await startHost(t);
    t.deepEqual(await send(host, text), { status, code });
    await lives(t, host);
  });
}

test('host: what Node’s parser refuses is reported in the form that Docker clients print', async (t) => {
  const host = await startHost(t);
  for (const text of [
    request(['Content-Length: 16', 'Transfer-Encoding: chunked'], ATTEMPT),
    request([]).replace('/api/session', '/edge/api/environments/1/docker/images/\xc3\xa4/json'),
    request([`X-Large: ${'x'.repeat(300_000)}`]),
  ]) {
    const { answer } = await sendRaw(host, text);
    t.regex(answer, /^content-type: application\/json\r$/im);
    const { message, detail } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    t.truthy(message);
    t.is(message, detail);
  }
});

test('host: a second Authorization header invalidates the first', async (t) => {
  const host = await startHost(t);
  const { authorization } = await host.signIn();
  const get = (headers: readonly string[]) =>
    send(
      host,
      ['GET /api/tokens HTTP/1.1', 'Host: hub', 'Connection: close', ...headers, '', ''].join('\r\n'),
    );
  const header = `Authorization: ${authorization}`;
  t.is((await get([header])).status, 200);
  t.is((await get([header, 'Access-Control-Request-Headers: authorization'])).status, 200);
  for (const second of [header, 'authorization: Bearer flt_other', 'AUTHORIZATION:']) {
    t.deepEqual(await get([header, second]), { status: 401, code: 'unauthorized' });
    t.deepEqual(await get([second, header]), { status: 401, code: 'unauthorized' });
  }
});

test('host: oversized headers over HTTP/2 end that stream or session only', async (t) => {
  const host = await startHost(t);
  const session = http2.connect(`https://127.0.0.1:${host.port}`, { ca: host.ca });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  await once(session, 'connect');
  const stream = session.request({
    ':path': '/healthz',
    'x-large': 'x'.repeat(150_000),
    'x-more': 'x'.repeat(150_000),
  });
  stream.on('error', () => undefined);
  const status = await Promise.race([
    once(stream, 'response').then(([headers]) => headers[':status']),
    new Promise((resolve) => stream.once('close', () => resolve('closed'))),
  ]);
  t.true(status === 431 || status === 'closed', `${status}`);
  await lives(t, host);
});
