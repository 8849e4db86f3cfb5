import test from 'ava';
import { startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { ask, ask2 } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const GET = 'GET /1/info HTTP/1.1\r\nHost: hub\r\n\r\n';

/** Answers of which nothing may reach the client: `[what, bytes, code]`. */
const REFUSED: ReadonlyArray<readonly [string, string, string]> = [
  ['status 000', 'HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['status 099', 'HTTP/1.1 099 Less\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['status 600', 'HTTP/1.1 600 More\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['status 999', 'HTTP/1.1 999 Most\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['status 2000', 'HTTP/1.1 2000 Long\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n', 'engine-bad-response'],
  ['bytes without a head', '<html>hello</html>\r\n\r\n', 'engine-bad-response'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'engine-bad-response'],
  ['HTTP/0.9', 'HTTP/0.9 200 OK\r\n\r\nhello', 'engine-bad-response'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'engine-bad-response'],
  ['nothing at all', '', 'engine-bad-response'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Ty', 'engine-bad-response'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', 'engine-bad-response'],
  ['a NUL in a header', 'HTTP/1.1 200 OK\r\nServer: a\0b\r\n\r\n', 'engine-bad-response'],
  [
    'a control character in a header',
    'HTTP/1.1 200 OK\r\nServer: a\x01b\r\nContent-Length: 0\r\n\r\n',
    'engine-bad-response',
  ],
  ['one endless header', `HTTP/1.1 200 OK\r\nServer: ${'x'.repeat(1_000_000)}`, 'engine-bad-response'],
  ['headers without end', `HTTP/1.1 200 OK\r\n${'X-Docker-Y: z\r\n'.repeat(100_000)}`, 'engine-bad-response'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n1', 'engine-bad-response'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'engine-bad-response'],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12',
    'engine-bad-response',
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'engine-bad-response',
  ],
  [
    'a transfer coding in addition to chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'engine-bad-response',
  ],
  [
    'an unknown transfer coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello',
    'engine-bad-response',
  ],
  [
    'a compressed body',
    'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx',
    'engine-bad-response',
  ],
  [
    'unrequested 101',
    'HTTP/1.1 101 Up\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw',
    'engine-bad-response',
  ],
  ['101 without its headers', 'HTTP/1.1 101 Up\r\n\r\nraw', 'engine-bad-response'],
  [
    'a redirect',
    'HTTP/1.1 301 Moved\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n',
    'engine-redirect',
  ],
  [
    'a 307',
    'HTTP/1.1 307 There\r\nLocation: //evil.example/\r\nContent-Length: 0\r\n\r\n',
    'engine-redirect',
  ],
];
for (const [what, answer, code] of REFUSED) {
  test(`docker proxy: ${what} from an engine is 502 ${code}`, async (t) => {
    const hub = await startHub(t, [await startEngine(t, answering(answer))]);
    const one = await ask(t, hub, GET.replace('Host', 'Connection: close\r\nHost'));
    t.regex(one.text, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
    t.notRegex(one.text, /evil|hello|location/i);
    const body = JSON.parse(one.text.slice(one.text.indexOf('\r\n\r\n')));
    t.like(body, { status: 502, code, title: 'Bad Gateway' });
    t.is(body.message, body.detail);

    const two = await ask2(t, hub, '/1/info');
    t.is(two.status, 502);
    t.is(two.headers['content-type'], 'application/json');
    t.is(JSON.parse(two.body.toString()).code, code);
    await hub.idle();
    t.deepEqual(
      hub.tunnels.opened.map((call) => call.released),
      [1, 1],
    );
  });
}

const EVERYTHING = [
  'HTTP/1.1 200 Free text, <b>even this</b>',
  'Content-Type: text/html; charset=utf-7',
  'Set-Cookie: __Host-session=stolen; Path=/; Secure',
  'Location: https://evil.example/',
  'Refresh: 0; url=https://evil.example/',
  'Clear-Site-Data: "*"',
  'Access-Control-Allow-Origin: *',
  'Access-Control-Allow-Credentials: true',
  'Strict-Transport-Security: max-age=0',
  'Content-Security-Policy: default-src *',
  'Cross-Origin-Resource-Policy: cross-origin',
  'Cache-Control: public, max-age=31536000',
  'X-Content-Type-Options: sniff',
  'Service-Worker-Allowed: /',
  'Link: <https://evil.example/x.js>; rel=preload',
  'Alt-Svc: h3="evil.example:443"',
  'WWW-Authenticate: Basic realm="give me your password"',
  'Content-Disposition: inline',
  'SourceMap: /x',
  'Report-To: {}',
  'Trailer: X-Docker-Late',
  'Keep-Alive: timeout=1',
  'Api-Version: 1.43',
  'Docker-Experimental: false',
  'Ostype: linux',
  'Server: Docker/20.10',
  'Builder-Version: 1',
  'X-Docker-Container-Path-Stat: e30=',
  'Transfer-Encoding: chunked',
  '',
  '19',
  '<script>alert(1)</script>',
  '0',
  'X-Docker-Late: trailer',
  'Set-Cookie: late=1',
  '',
  '',
].join('\r\n');

const EXPECTED = {
  'content-type': 'application/octet-stream',
  'api-version': '1.43',
  'docker-experimental': 'false',
  ostype: 'linux',
  server: 'Docker/20.10',
  'builder-version': '1',
  'x-docker-container-path-stat': 'e30=',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store, no-transform',
  'x-fairlead-answer': 'engine',
};

test('docker proxy: only known headers of an engine pass, and a page becomes octet-stream', async (t) => {
  const hub = await startHub(t, [await startEngine(t, answering(EVERYTHING))]);
  const one = await ask(t, hub, GET.replace('Host', 'Connection: close\r\nHost'));
  const [head = '', ...body] = one.text.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  t.is(status, 'HTTP/1.1 200 OK');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ')));
  const { date, connection, 'transfer-encoding': coding, ...rest } = headers;
  t.truthy(date);
  t.is(connection, 'close');
  t.is(coding, 'chunked');
  t.deepEqual(rest, Object.fromEntries(Object.entries(EXPECTED).map(([k, v]) => [k, v.toLowerCase()])));
  t.is(body.join('\r\n\r\n'), '19\r\n<script>alert(1)</script>\r\n0\r\n\r\n');

  const two = await ask2(t, hub, '/1/info');
  const { ':status': _, date: sent, ...rest2 } = two.headers;
  t.is(two.status, 200);
  t.truthy(sent);
  t.deepEqual(Object.fromEntries(Object.entries(rest2)), EXPECTED);
  t.is(two.body.toString(), '<script>alert(1)</script>');
});

const TYPES: ReadonlyArray<readonly [string, string]> = [
  ['application/json', 'application/json'],
  ['Application/JSON; charset=UTF-8', 'application/json; charset=utf-8'],
  ['application/json; x="</script>"', 'application/json'],
  ['application/x-ndjson', 'application/x-ndjson'],
  ['application/json-seq', 'application/json-seq'],
  ['application/x-tar', 'application/x-tar'],
  ['application/vnd.docker.raw-stream', 'application/vnd.docker.raw-stream'],
  ['application/vnd.docker.multiplexed-stream', 'application/vnd.docker.multiplexed-stream'],
  ['application/vnd.docker.plugins.v1.2+json', 'application/vnd.docker.plugins.v1.2+json'],
  ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  ['text/plain; charset=utf-7', 'text/plain'],
  ['text/html', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
  ['text/javascript', 'application/octet-stream'],
  ['application/xhtml+xml', 'application/octet-stream'],
  ['application/pdf', 'application/octet-stream'],
  ['text/plain, text/html', 'application/octet-stream'],
  ['', 'application/octet-stream'],
];
test('docker proxy: content types are those of the Docker API or octet-stream', async (t) => {
  for (const [sent, shown] of TYPES) {
    const type = sent === '' ? '' : `Content-Type: ${sent}\r\n`;
    const engine = await startEngine(t, answering(`HTTP/1.1 200 OK\r\n${type}Content-Length: 1\r\n\r\nx`));
    const { headers } = await ask2(t, await startHub(t, [engine]), '/1/info');
    t.is(headers['content-type'], shown, sent);
  }
});

test('docker proxy: an engine that sends only informational answers is abandoned', async (t) => {
  const flood = 'HTTP/1.1 102 Wait\r\n\r\n'.repeat(100);
  const hub = await startHub(t, [await startEngine(t, answering(flood, 'keep'))]);
  const { status, body } = await ask2(t, hub, '/1/info');
  t.is(status, 502);
  t.is(JSON.parse(body.toString()).code, 'engine-bad-response');
});

test('docker proxy: informational answers are not passed on', async (t) => {
  const answer =
    'HTTP/1.1 103 Early Hints\r\nLink: <https://evil.example>; rel=preload\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n';
  const hub = await startHub(t, [
    await startEngine(t, answering(`${answer}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`)),
  ]);
  const { text } = await ask(t, hub, GET.replace('Host', 'Connection: close\r\nHost'));
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/);
  t.notRegex(text, /evil/);
  t.true(text.endsWith('\r\n\r\nok'));
});

test('docker proxy: bytes after an answer are discarded', async (t) => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const hub = await startHub(t, [
    await startEngine(t, answering(`${answer}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`)),
  ]);
  const { text } = await ask(t, hub, `${GET}${GET.replace('Host', 'Connection: close\r\nHost')}`);
  t.is(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  t.notRegex(text, /evil/);
});

test('docker proxy: HEAD, 204 and 304 have no body, whatever the engine sends', async (t) => {
  const cases = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200, '5'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 200, undefined],
    ['POST', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 204, undefined],
    ['POST', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello', 304, undefined],
  ] as const;
  for (const [method, answer, status, length] of cases) {
    const hub = await startHub(t, [await startEngine(t, answering(answer))]);
    const one = await ask(t, hub, `${method} /1/x HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`);
    t.regex(one.text, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.true(one.text.endsWith('\r\n\r\n'), one.text);
    const two = await ask2(t, hub, '/1/x', { ':method': method });
    t.like(two, { status, ending: 'end' });
    t.deepEqual([two.body.length, two.headers['content-length']], [0, length]);
  }
});
