import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { readShortGet } from '../../../host/http/read-short-get.js';
import { HOSTILE_HEADS, SHORT_GET } from '../../kit/hostile-heads.js';

const read = (text: string) => readShortGet(Buffer.from(text, 'latin1'));

test('short get: the form that agents send is read', (t) => {
  t.deepEqual(read(SHORT_GET), {
    method: 'GET',
    url: '/edge/agent/check-in?engine=up',
    authorization: 'Fairlead env=1, mac=x',
    ifNoneMatch: '"tag"',
    prefer: 'wait=50',
  });
  const least = {
    method: 'GET',
    url: '/',
    authorization: undefined,
    ifNoneMatch: undefined,
    prefer: undefined,
  };
  t.deepEqual(read('GET / HTTP/1.1\r\nhost: x\r\n\r\n'), least);
  t.deepEqual(read('GET / HTTP/1.1\r\nHOST: x\r\nConnection: keep-alive\r\n\r\n'), least);
});

for (const [title, text] of HOSTILE_HEADS) {
  test(`short get: ${title} is left to Node's parser`, (t) => {
    t.is(read(text), null);
  });
}

test('short get: no part of a request is one', (t) => {
  for (let end = 0; end < SHORT_GET.length; end++) t.is(read(SHORT_GET.slice(0, end)), null, `${end}`);
  for (let start = 1; start < SHORT_GET.length; start++) t.is(read(SHORT_GET.slice(start)), null, `${start}`);
});

test('short get: whatever is read, Node’s parser reads the same', async (t) => {
  const seen: IncomingMessage[] = [];
  const server = http.createServer((req, res) => {
    seen.push(req);
    res.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const piece = fc.oneof(
    fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      ':',
      ' ',
      '\t',
      '\0',
      'Host: y',
      'prefer:',
      '?',
      '#',
      'http://',
      '\x7f',
      'é',
    ),
    fc.string({ maxLength: 3 }),
  );
  const changed = fc
    .array(fc.tuple(fc.nat(SHORT_GET.length), fc.nat(2), piece), { minLength: 1, maxLength: 2 })
    .map((changes) =>
      changes.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), SHORT_GET),
    );
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(changed, async (text) => {
      const head = read(text);
      if (!head) return;
      const answered = once(socket, 'data');
      socket.write(text, 'latin1');
      const [answer] = await answered;
      t.regex(String(answer), /^HTTP\/1\.1 200 /, text);
      const { method, url, headers } = seen.at(-1) ?? {};
      t.deepEqual<unknown, unknown>({ method, url, ...pick(headers ?? {}) }, { ...head }, text);
      t.is(seen.length, ++compared, 'one request');
    }),
    { numRuns: 3_000 },
  );
  t.true(compared > 200, `${compared} compared`);
});

function pick(headers: http.IncomingHttpHeaders) {
  const { authorization, 'if-none-match': ifNoneMatch, prefer } = headers;
  return { authorization, ifNoneMatch, prefer };
}
