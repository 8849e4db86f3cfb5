import test from 'ava';
import { startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { ask, ask2, dialHub, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const TOKEN = 'the-admins-token';

/** Headers of which an engine must learn neither name nor value. */
const KEPT = [
  'Authorization: Bearer',
  'Cookie: __Host-session=',
  'X-Fairlead-CSRF: 1',
  'X-Fairlead-Session:',
  'X-Api-Key:',
  'X-CSRF-Token:',
  'Origin: https://hub.example/',
  'Referer: https://hub.example/',
  'Forwarded: for=',
  'X-Forwarded-For:',
  'X-Forwarded-Host:',
  'X-Real-IP:',
  'Via: 1.1',
  'Proxy-Authorization: Basic',
  'Sec-Fetch-Site:',
  'Accept-Encoding: gzip,',
  'X-Meta-Secret:',
].map((line) => `${line}${TOKEN}`);

const ENGINE_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const FORBIDDEN = [
  TOKEN,
  'authorization',
  'cookie',
  'csrf',
  'fairlead',
  'origin',
  'referer',
  'forwarded',
  'via:',
  'expect',
  'gzip',
  'keep-alive',
  'hub.example',
  ':path',
  'te:',
];

test('docker proxy: an engine sees no credential and no trace of the hub, over HTTP/1.1', async (t) => {
  const engine = await startEngine(t, answering(ENGINE_ANSWER));
  const hub = await startHub(t, [engine]);
  const { text } = await ask(
    t,
    hub,
    [
      'POST /1/images/create?fromImage=x HTTP/1.1',
      'Host: hub.example:9443',
      'Connection: close, Keep-Alive, X-Meta-Secret',
      ...KEPT,
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'X-Registry-Auth: cmVnaXN0cnk',
      'X-Registry-Config: e30',
      'Content-Type: application/json',
      'User-Agent: Docker-Client/28',
      'X-Meta-Team: blue',
      'Content-Length: 2',
      '',
      '{}',
    ].join('\r\n'),
  );
  t.true(text.endsWith('ok'), text);
  const [head = '', body] = engine.bytes().split('\r\n\r\n');
  t.deepEqual(head.split('\r\n').sort(), [
    'Connection: close',
    'POST /images/create?fromImage=x HTTP/1.1',
    'accept-encoding: identity',
    'content-length: 2',
    'content-type: application/json',
    'host: docker',
    'user-agent: Docker-Client/28',
    'x-meta-team: blue',
    'x-registry-auth: cmVnaXN0cnk',
    'x-registry-config: e30',
  ]);
  t.is(body, '{}');
});

for (const line of KEPT) {
  test(`docker proxy: ${line.split(':')[0]} does not reach an engine`, async (t) => {
    const engine = await startEngine(t, answering(ENGINE_ANSWER));
    const hub = await startHub(t, [engine]);
    const connection = line.startsWith('X-Meta-Secret') ? 'close, x-meta-secret' : 'close';
    await ask(t, hub, `GET /1/info HTTP/1.1\r\nHost: hub\r\nConnection: ${connection}\r\n${line}\r\n\r\n`);
    if (!line.startsWith('X-Meta-Secret')) {
      const [name = '', ...value] = line.split(':');
      await ask2(t, hub, '/1/info', { [name.toLowerCase()]: value.join(':').trim() });
      t.is(engine.connections, 2);
    }
    // The hub's own.
    const seen = engine.bytes().toLowerCase().replaceAll('\r\nconnection: keep-alive\r\n', '\r\n');
    t.regex(seen, /^get \/info http\/1\.1\r\n/);
    for (const word of FORBIDDEN) t.false(seen.includes(word), `${word} in ${seen}`);
  });
}

test('docker proxy: an upgrade carries no credential to an engine either', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    });
    socket.on('end', () => socket.end());
  });
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  const lines = KEPT.filter((line) => !line.startsWith('X-Meta'));
  socket.write(
    `POST /1/containers/x/attach?stream=1 HTTP/1.1\r\nHost: hub.example\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n`,
  );
  await until(socket, '\r\n\r\n');
  socket.end();
  await readToEnd(socket);
  t.deepEqual(engine.bytes().trimEnd().split('\r\n').sort(), [
    'POST /containers/x/attach?stream=1 HTTP/1.1',
    'accept-encoding: identity',
    'connection: Upgrade',
    'content-length: 0',
    'content-type: text/plain',
    'host: docker',
    'upgrade: tcp',
  ]);
});

test('docker proxy: Expect is answered by the hub', async (t) => {
  const engine = await startEngine(t, answering(ENGINE_ANSWER));
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(
    'POST /1/build HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
  );
  t.is(await until(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('{}');
  t.true((await readToEnd(socket)).text.endsWith('ok'));
  t.notRegex(engine.bytes(), /expect/i);
});
