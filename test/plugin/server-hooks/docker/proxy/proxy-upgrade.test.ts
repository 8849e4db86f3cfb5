import test from 'ava';
import { problem } from '../../../../../protocol/problems.js';
import { left, startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { ask, dialHub, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';
import { exec, repeating, SWITCH } from './upgrade-script.js';

test('docker upgrade: output still arrives after piped stdin has ended', async (t) => {
  const hub = await startHub(t, [await startEngine(t, repeating)]);
  const socket = await dialHub(t, hub);
  socket.write(exec('{}'));
  t.regex(await until(socket, '\r\n\r\n'), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  socket.end('hello');
  t.like(await readToEnd(socket), { text: 'got {}hello', ending: 'end' });
  await hub.idle();
  t.is(hub.tunnels.opened[0]?.released, 1);
});

test('docker upgrade: body, stdin and its end in one packet are separated', async (t) => {
  const engine = await startEngine(t, repeating);
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.end(`${exec('{"Detach":false}')}all of stdin`);
  const { text, ending } = await readToEnd(socket);
  t.is(text.split('\r\n\r\n')[1], 'got {"Detach":false}all of stdin');
  t.is(ending, 'end');
  t.regex(engine.bytes(), /content-length: 16\r\n/);
});

test('docker upgrade: a body that arrives in pieces is joined', async (t) => {
  const hub = await startHub(t, [await startEngine(t, repeating)]);
  const socket = await dialHub(t, hub);
  const request = exec('{"Detach":false}');
  for (const piece of [request.slice(0, -10), request.slice(-10, -3), `${request.slice(-3)}std`, 'in']) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  socket.end();
  t.is((await readToEnd(socket)).text.split('\r\n\r\n')[1], 'got {"Detach":false}stdin');
});

test('docker upgrade: a client that waits for 100 Continue gets it', async (t) => {
  const hub = await startHub(t, [await startEngine(t, repeating)]);
  const socket = await dialHub(t, hub);
  socket.write(exec('{}', 'Expect: 100-continue\r\n').slice(0, -2));
  t.is(await until(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.end('{}stdin');
  t.is((await readToEnd(socket)).text.split('\r\n\r\n')[1], 'got {}stdin');
});

test('docker upgrade: only the stream type of the engine’s head passes', async (t) => {
  const nasty =
    'HTTP/1.1 101 Evil\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nSet-Cookie: a=b\r\nContent-Type: text/html\r\nX-Docker-Y: z\r\n\r\nhello';
  const hub = await startHub(t, [await startEngine(t, answering(nasty))]);
  const one = await ask(t, hub, exec(''));
  t.is(one.text, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello');
  for (const type of ['raw', 'multiplexed']) {
    const engine = await startEngine(t, answering(SWITCH.replace('raw', type)));
    const { text } = await ask(t, await startHub(t, [engine]), exec(''));
    t.regex(text, new RegExp(`\r\nContent-Type: application/vnd\\.docker\\.${type}-stream\r\n\r\n$`));
  }
});

test('docker upgrade: output ends while stdin is open, and stdin still arrives', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => socket.end(`${SWITCH}done`));
  });
  const hub = await startHub(t, [engine]);
  const socket = await dialHub(t, hub);
  socket.write(exec(''));
  const { text, ending } = await readToEnd(socket);
  t.true(text.endsWith('done'));
  t.is(ending, 'end');
  const [engineSide] = engine.sockets;
  socket.end('last words');
  await left(engineSide);
  t.true(engine.bytes().endsWith('last words'));
  await hub.idle();
});

test('docker upgrade: a stream that breaks is reset at the client', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => socket.write(`${SWITCH}half`));
  });
  const hub = await startHub(t, [engine]);
  for (const breakOff of [
    (index: number) => hub.tunnels.opened[index]?.pipes[0]?.destroy(problem('stream-reset')),
    (index: number) => hub.tunnels.opened[index]?.close(),
  ]) {
    const socket = await dialHub(t, hub);
    socket.write(exec(''));
    await until(socket, 'half');
    const received = readToEnd(socket);
    breakOff(hub.tunnels.opened.length - 1);
    t.is((await received).ending, 'reset');
    await hub.idle();
  }
  t.true(hub.tunnels.opened.every((call) => call.released === 1));
});

const PLAIN = [
  [
    'HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"message":"off"}',
    409,
    '{"message":"off"}',
  ],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200, '2\r\nok\r\n0\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\n\r\nuntil close', 200, 'b\r\nuntil close\r\n0\r\n\r\n'],
  ['HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n', 502, /engine-bad-response/],
  ['HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 0\r\n\r\n', 502, /engine-redirect/],
  ['HTTP/1.1 101 No\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nx', 502, /engine-bad-response/],
] as const;
for (const [answer, status, body] of PLAIN) {
  test(`docker upgrade: ${JSON.stringify(answer.slice(9, 60))} is an ordinary ${status}`, async (t) => {
    const hub = await startHub(t, [await startEngine(t, answering(answer))]);
    const { text, ending } = await ask(t, hub, exec('{}'));
    t.regex(text, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.regex(text, /\r\nConnection: close\r\n/i);
    t.regex(text, /\r\nx-content-type-options: nosniff\r\n/);
    const got = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (typeof body === 'string') t.is(got, body);
    else t.regex(got, body);
    t.is(ending, 'end');
    await hub.idle();
    t.is(hub.tunnels.opened[0]?.released, 1);
  });
}

test('docker upgrade: a truncated refusal is reset, not ended', async (t) => {
  const hub = await startHub(t, [
    await startEngine(t, (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf');
        hub.tunnels.opened.at(-1)?.pipes[0]?.once('data', () => socket.end());
      });
    }),
  ]);
  const { text } = await ask(t, hub, exec(''));
  t.regex(text, /content-length: 100/);
  await hub.idle();
});

const REFUSED = [
  [
    'a chunk without a size',
    'POST /1/exec/1/start',
    'Upgrade: tcp\r\nTransfer-Encoding: chunked',
    400,
    'bad-upgrade-body',
    'zz\r\n',
  ],
  ['path', 'POST /1/containers/..%2f/attach', 'Upgrade: tcp', 400, 'bad-docker-path', ''],
  ['environment', 'POST /9/containers/x/attach', 'Upgrade: tcp', 404, 'environment-not-found', ''],
] as const;
for (const [what, line, headers, status, code, body] of REFUSED) {
  test(`docker upgrade: refuses with ${status} ${code} (${what})`, async (t) => {
    const engine = await startEngine(t, repeating);
    const hub = await startHub(t, [engine]);
    const { text, ending } = await ask(
      t,
      hub,
      `${line} HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\n${headers}\r\n\r\n${body}`,
    );
    t.regex(text, new RegExp(`^HTTP/1\\.1 ${status} .*connection: close`, 'is'));
    t.like(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))), { code, status });
    t.is(ending, 'end');
    if (code !== 'bad-upgrade-body') t.is(engine.connections, 0);
  });
}

for (const [what, line, asked, sent] of [
  ['another call', 'GET /1/version', 'h2c', 'tcp'],
  ['exec, whatever is asked for', 'POST /1/exec/1/start', 'foo', 'tcp'],
  ['BuildKit, where it is no HTTP/2', 'POST /1/grpc', 'tcp', 'tcp'],
  ['attach, whatever is asked for', 'GET /1/containers/x/attach', 'websocket', 'tcp'],
] as const) {
  test(`docker upgrade: the engine decides whether ${asked} applies (${what})`, async (t) => {
    const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
    const engine = await startEngine(t, answering(ok));
    const hub = await startHub(t, [engine]);
    const upgrade = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${asked}\r\nHTTP2-Settings: AAMAAABkAAQAAP__`;
    const { text } = await ask(t, hub, `${line} HTTP/1.1\r\nHost: hub\r\n${upgrade}\r\n\r\n`);
    t.regex(text, /^HTTP\/1\.1 200 .*\r\n\r\n\{\}$/s);
    t.is(/^upgrade: (.*)\r$/im.exec(engine.bytes())?.[1], sent);
    t.notRegex(engine.bytes(), /http2-settings/i);
  });
}

test('docker upgrade: attach/ws with a cookie is refused, with a token it passes', async (t) => {
  const engine = await startEngine(
    t,
    answering(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: abc=\r\nSet-Cookie: a=b\r\n\r\nframes',
    ),
  );
  const request =
    'GET /1/containers/x/attach/ws?stream=1 HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a2V5\r\nSec-WebSocket-Version: 13\r\n\r\n';
  const refused = await ask(t, await startHub(t, [engine], { via: 'cookie' }), request);
  t.regex(refused.text, /^HTTP\/1\.1 403 .*attach-ws-refused/s);
  t.is(engine.connections, 0);
  const { text } = await ask(t, await startHub(t, [engine]), request);
  t.is(
    text,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nsec-websocket-accept: abc=\r\n\r\nframes',
  );
  t.regex(engine.bytes(), /sec-websocket-key: a2V5\r\nsec-websocket-version: 13\r\n/);
  t.notRegex(engine.bytes(), /content-length/i);
});

test('docker upgrade: BuildKit’s session becomes an HTTP/2 connection, with the headers that name its files', async (t) => {
  const engine = await startEngine(
    t,
    answering('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI'),
  );
  const { text } = await ask(
    t,
    await startHub(t, [engine]),
    'POST /1/session HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Grpc-Method: /a/b\r\nX-Docker-Expose-Session-Grpc-Method: /c/d\r\nX-Docker-Expose-Session-Uuid: abc\r\n\r\n',
  );
  t.is(text, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI');
  t.regex(engine.bytes(), /^POST \/session HTTP\/1\.1\r\n/);
  t.regex(engine.bytes(), /^upgrade: h2c\r$/im);
  t.regex(engine.bytes(), /^x-docker-expose-session-uuid: abc\r$/im);
  t.regex(engine.bytes(), /^x-docker-expose-session-grpc-method: \/a\/b\r\n.*: \/c\/d\r$/im);
});
