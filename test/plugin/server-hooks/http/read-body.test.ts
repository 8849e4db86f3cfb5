import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { readBody } from '../../../../plugin/server-hooks/http/read-body.js';
import { codeOf } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { untilTrue } from '../../../kit/until.js';

const HEAD = 'POST / HTTP/1.1\r\nHost: hub\r\n';

/** A server that reads at most 10 bytes; `outcome` is the first body, or the code of what hindered it. */
async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  let settle: (outcome: string) => void;
  const outcome = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const server = http.createServer((req, res) => {
    readBody(req, 10, clock)
      .then(String, codeOf)
      .then((outcome) => {
        settle(outcome);
        res.end();
      });
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  return { clock, outcome, socket };
}

for (const [what, sent, expected] of [
  ['a body of the announced length', 'Content-Length: 3\r\n\r\nabc', 'abc'],
  ['no body', '\r\n', ''],
  ['a chunked body', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', 'abcde'],
  ['an announced length that is too much', 'Content-Length: 11\r\n\r\n', 'body-too-large'],
  ['chunks that grow too much', 'Transfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n', 'body-too-large'],
] as const) {
  test(`body: ${what} is ${expected === '' ? 'empty' : expected}`, async (t) => {
    const { clock, outcome, socket } = await setup(t);
    socket.write(`${HEAD}${sent}`);
    t.is(await outcome, expected);
    t.is(clock.pending, 0, 'no timer is left');
  });
}

test('body: one that does not arrive within 30 s is abandoned', async (t) => {
  const { clock, outcome, socket } = await setup(t);
  socket.write(`${HEAD}Content-Length: 3\r\n\r\na`);
  await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
  clock.advance(29_999);
  t.is(clock.pending, 1);
  clock.advance(1);
  t.is(await outcome, 'body-late');
});

test('body: a caller that disconnects before its end leaves it incomplete', async (t) => {
  const { clock, outcome, socket } = await setup(t);
  socket.write(`${HEAD}Content-Length: 3\r\n\r\na`);
  await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
  socket.resetAndDestroy();
  t.is(await outcome, 'body-incomplete');
  t.is(clock.pending, 0, 'no timer is left');
});
