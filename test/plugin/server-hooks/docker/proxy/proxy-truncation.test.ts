import test from 'ava';
import { problem } from '../../../../../protocol/problems.js';
import { startEngine } from '../../../../kit/engine/double.js';
import { ask, connectHttp2, dialHub, readStreamToEnd, readToEnd, until } from './proxy-clients.js';
import { startHub } from './proxy-hub.js';

const GET = 'GET /1/images/x/get HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n';
const SHORT = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nhello';

/** `[what, the answer so far, how it breaks, HTTP version of the client]` */
const CUTS = [
  ['a body shorter than its length', SHORT, 'end'],
  ['a body without its last chunk', CHUNKED, 'end'],
  ['a chunk that is none', `${CHUNKED}zz\r\n`, 'nothing'],
  ['a tunnel lost in a body with a length', SHORT, 'lost'],
  ['a tunnel lost in chunks', CHUNKED, 'lost'],
  ['a tunnel lost in a body that lasts until close', UNTIL_CLOSE, 'lost'],
  ['a tunnel closed in a body that lasts until close', UNTIL_CLOSE, 'closed'],
  ['a tunnel closed in chunks', CHUNKED, 'closed'],
] as const;

for (const [what, answer, how] of CUTS) {
  for (const version of ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2'] as const) {
    test(`docker proxy: ${what} is a truncated answer over ${version}`, async (t) => {
      let finishAnswer: () => void = () => undefined;
      const engine = await startEngine(t, (socket) => {
        socket.once('data', () => {
          socket.write(answer.slice(0, answer.indexOf('hello') + 5));
          finishAnswer = () => {
            const rest = answer.slice(answer.indexOf('hello') + 5);
            if (how === 'end') socket.end(rest);
            else socket.write(rest);
          };
        });
      });
      const hub = await startHub(t, [engine]);
      const breakOff = () => {
        finishAnswer();
        const [call] = hub.tunnels.opened;
        if (how === 'lost') call?.pipes[0]?.destroy(problem('stream-reset'));
        if (how === 'closed') call?.close(problem('tunnel-closed'));
      };
      if (version === 'HTTP/2') {
        const stream = connectHttp2(t, hub).request({ ':path': '/1/images/x/get' });
        stream.once('data', breakOff);
        const received = await readStreamToEnd(stream);
        t.is(received.status, 200);
        t.is(received.ending, 'reset');
      } else {
        const socket = await dialHub(t, hub);
        socket.write(GET.replace('HTTP/1.1', version));
        const received = readToEnd(socket);
        await until(socket, 'hello');
        breakOff();
        const { text, ending } = await received;
        t.regex(text, /^HTTP\/1\.1 200 OK/);
        t.notRegex(text, /\r\n0\r\n\r\n/);
        // A length or chunks show a cut by themselves; without either only a reset does.
        if (version === 'HTTP/1.0') t.is(ending, 'reset');
      }
      await hub.idle();
      t.is(hub.tunnels.opened[0]?.released, 1);
      t.true(hub.tunnels.opened[0]?.pipes[0]?.destroyed);
    });
  }
}

test('docker proxy: a body that lasts until close ends with a regular end', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => socket.end(UNTIL_CLOSE));
  });
  const hub = await startHub(t, [engine]);
  const one = await ask(t, hub, GET);
  t.true(one.text.endsWith('5\r\nhello\r\n0\r\n\r\n'), one.text);
  const zero = await ask(t, hub, GET.replace('HTTP/1.1', 'HTTP/1.0'));
  t.true(zero.text.endsWith('\r\n\r\nhello'));
  t.is(zero.ending, 'end');
  const two = await readStreamToEnd(connectHttp2(t, hub).request({ ':path': '/1/x' }));
  t.is(two.body.toString(), 'hello');
  t.is(two.ending, 'end');
});

test('docker proxy: a tunnel that closes before the answer gives the tunnel’s error', async (t) => {
  const engine = await startEngine(t, (socket) => {
    socket.once('data', () => hub.tunnels.opened.at(-1)?.close());
  });
  const hub = await startHub(t, [engine]);
  const { text } = await ask(t, hub, GET);
  t.regex(text, /^HTTP\/1\.1 503 /);
  t.is(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))).code, 'tunnel-closed');
  const upgraded = await ask(
    t,
    hub,
    'POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  t.regex(upgraded.text, /^HTTP\/1\.1 503 .*connection: close.*tunnel-closed/is);
  await hub.idle();
  t.true(hub.tunnels.opened.every((call) => call.released === 1));
});
