import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { ListMemory } from '../../../../../plugin/server-hooks/docker/lists/list-memory.js';
import { nodeListJob } from '../../../../../plugin/server-hooks/docker/lists/node-list-job.js';
import { readList } from '../../../../../plugin/server-hooks/docker/lists/read-list.js';
import { runJob } from '../../../../../plugin/server-hooks/json/json-job.js';
import type { EngineScript } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { untilTrue } from '../../../../kit/until.js';
import { saying, startListHub } from './list-hub.js';

const MB = 1024 * 1024;
const ok = (bytes: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`;

/** What an engine says to `containers/json`, and what its node fails with. */
const HOSTILE: Readonly<Record<string, readonly [EngineScript, string]>> = {
  'no JSON': [saying('OK'), 'engine-bad-answer'],
  'JSON cut short': [saying('[{"Id":"a"}'), 'engine-bad-answer'],
  'two lists': [saying('[][]'), 'engine-bad-answer'],
  'an object': [saying({ length: 1, 0: {} }), 'engine-bad-answer'],
  'a list of null': [saying([null]), 'engine-bad-answer'],
  'a list of lists': [saying([[]]), 'engine-bad-answer'],
  'a list of texts': [saying(['a']), 'engine-bad-answer'],
  'an entry that is nested too deeply': [
    saying(`[{"a":${'['.repeat(63)}${']'.repeat(63)}}]`),
    'list-too-large',
  ],
  'only opening brackets': [saying('['.repeat(8 * MB)), 'list-too-large'],
  'half a million different names': [
    saying(`[{${Array.from({ length: 500_000 }, (_, index) => `"${index.toString(36)}":0`).join()}}]`),
    'list-too-large',
  ],
  'more entries than 20,000': [saying(`[${'{},'.repeat(20_000)}{}]`), 'list-too-large'],
  'more than 8 MB': [saying(`[${' '.repeat(8 * MB)}]`), 'list-too-large'],
  'a body without an end': [
    (socket) => {
      const flood = () => {
        while (socket.writable && socket.write(Buffer.alloc(64 * 1024, ' ')));
      };
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n[');
        socket.on('drain', flood);
        flood();
      });
    },
    'list-too-large',
  ],
  'a body that breaks off': [answering(`${ok(99)}[{"Id":"a"}]`), 'engine-bad-response'],
  'no HTTP': [answering('SSH-2.0-OpenSSH\r\n'), 'engine-bad-response'],
  'nothing at all': [answering(''), 'engine-bad-response'],
  'a redirect': [
    answering('HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'),
    'engine-redirect',
  ],
  'an unknown status': [answering('HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\n[]'), 'engine-bad-response'],
  'no content': [answering('HTTP/1.1 204 No Content\r\n\r\n'), 'engine-refused'],
  'a compressed body': [
    answering('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]'),
    'engine-bad-response',
  ],
  'an error as long as it likes': [
    saying({ message: 'x'.repeat(MB) }, '500 Internal Server Error'),
    'engine-refused',
  ],
};

for (const [what, [script, code]] of Object.entries(HOSTILE)) {
  test(`hostile lists: ${what} fails its node only, with ${code}`, async (t) => {
    const hub = await startListHub(t, [script, saying([{ Id: 'honest' }])]);
    const { items, nodes } = await hub.list('/containers/json?nodes=all');
    t.deepEqual(items, [{ Id: 'honest', Node: { ID: 'id2', Name: 'node2' } }]);
    t.like(nodes[0], { state: 'failed', code });
    t.true((nodes[0]?.detail ?? '').length < 600);
    t.is(nodes[1]?.state, 'ok');
    await hub.idle();
    t.deepEqual(
      hub.tunnels.opened.map((call) => call.released),
      [1, 1],
    );
    t.is(hub.log.lines.filter(({ level }) => level === 'error').length, 0, 'no internal error');
  });
}

test('hostile lists: a body that ends with its connection fails if the connection breaks', async (t) => {
  const hub = await startListHub(t, [answering('HTTP/1.1 200 OK\r\n\r\n[{"Id":"a"}]', 'keep')]);
  const asked = hub.list('/containers/json?nodes=all');
  await untilTrue('a pipe', () => hub.tunnels.opened[0]?.pipes[0] !== undefined, { everyMs: 1 });
  const [pipe] = hub.tunnels.opened[0]?.pipes ?? [];
  if (!(pipe instanceof Socket)) throw new Error('no socket');
  await untilTrue('the first byte', () => pipe.bytesRead !== 0, { everyMs: 1 });
  await turn();
  pipe.destroy(new Error('reset'));
  t.like((await asked).nodes[0], { state: 'failed', code: 'engine-bad-response' });
});

test('hostile lists: a body in very many chunks counts as more than its bytes', async (t) => {
  // Those that arrive together are read together: whether they do is up to the system.
  const answerIn = (pieces: readonly Buffer[]) =>
    Object.assign(Readable.from(pieces), {
      statusCode: 200,
      httpVersion: '1.1',
      headers: {},
    }) as IncomingMessage;
  const share = new ListMemory().open(1);
  const read = (pieces: readonly Buffer[]) =>
    readList('images', answerIn(pieces), { ID: 'id1', Name: 'node1' }, share, async (bytes, input) =>
      runJob(nodeListJob, bytes, input),
    );
  t.is((await read([Buffer.from('['), Buffer.alloc(80_000, ' '), Buffer.from(']')])).items.length, 0);
  t.like(await t.throwsAsync(read(Array(80_000).fill(Buffer.from(' ')))), { code: 'list-too-large' });
});

test('hostile lists: names with a meaning in JavaScript are data', async (t) => {
  const entry = '{"__proto__":{"polluted":1},"constructor":{"prototype":{}},"toJSON":"x","hasOwnProperty":1}';
  const hub = await startListHub(t, [saying(`[${entry}]`)]);
  const answer = await fetch(`${hub.origin}/images/json?nodes=all`);
  const node = '"Node":{"ID":"id1","Name":"node1"}';
  t.true((await answer.text()).startsWith(`{"items":[${entry.slice(0, -1)},${node}}],`));
  t.false('polluted' in {});
});

test('hostile lists: volumes in another shape fail, strange warnings are dropped', async (t) => {
  const hub = await startListHub(t, [
    saying([]),
    saying({ Volumes: { length: 0 } }),
    saying({ Volumes: [], Warnings: [{ toString: 1 }, null, 'x'.repeat(1_000), ...Array(50).fill('y')] }),
    saying({ Warnings: 'none' }),
  ]);
  const { nodes } = await hub.list('/volumes?nodes=all');
  t.deepEqual(
    nodes.map(({ code }) => code),
    ['engine-bad-answer', 'engine-bad-answer', null, null],
  );
  t.deepEqual(nodes[2]?.warnings, ['x'.repeat(512), ...Array(29).fill('y')]);
});

test('hostile lists: at most 64 MB are held, and released', async (t) => {
  const large = `[{"Id":"${'x'.repeat(7.5 * MB)}"}]`;
  const hub = await startListHub(t, Array(9).fill(saying(large)));
  for (let round = 0; round < 2; round++) {
    const text = await (await fetch(`${hub.origin}/containers/json?nodes=all`)).text();
    const count = (part: string) => text.split(part).length - 1;
    t.is(count('"state":"ok"') + count('"code":"list-too-large"'), 9);
    t.true(count('"state":"ok"') > 0 && text.length <= 64 * MB);
    t.is(count('"Id":"xxx'), count('"state":"ok"'));
    await hub.idle();
  }
});
