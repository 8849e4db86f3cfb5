import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { OPERATIONS } from '../../../../plugin/server-hooks/routes/operations.js';
import { deriveKey, hashJoinSecret } from '../../../../protocol/crypto/derived-keys.js';
import { signRequest } from '../../../../protocol/crypto/request-signature.js';
import { joinInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { rawHttp, requestText } from '../../../kit/fault/raw-http.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { untilTrue } from '../../../kit/until.js';

const ADMIN = 'Authorization: Bearer admin';
const MEGABYTE = 1024 * 1024;
/** Each is refused by every call that reads a body. */
const NO_OBJECTS = ['null', '[]', '"text"', '1', 'true', '[{"name":"x"}]', '['.repeat(20_000)];
const NO_JSON = [
  '{',
  '{"name":"x"',
  "{'name':'x'}",
  '{"name":"x"}}',
  '\0',
  'name=x',
  '\xff\xfe{\0}\0',
  '{"name":"\xff"}',
];

async function setup(t: ExecutionContext, options: { clock?: FakeClock } = {}) {
  const hub = await startPlugin(t, options);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const port = Number(new URL(hub.url).port);
  const stored = () => readFile(join(hub.dataDir, 'fairlead.json'), 'utf8');
  const targetOf = (path: string) =>
    `/edge${path.replace(':id', String(id)).replace(':path', '_ping').replace(/:\w+/, 'x')}`;
  const errors = () => hub.log.lines.filter(({ level }) => level === 'error');
  return { hub, port, stored, targetOf, errors, edge: { edgeId: edgeId ?? '', edgeKey } };
}

function withLength(method: string, target: string, body: Buffer, headers: readonly string[]): Buffer {
  return requestText(method, target, [...headers, `Content-Length: ${body.length}`], body);
}

test('bad bodies: anything but an object in UTF-8 JSON is refused by each call that reads one', async (t) => {
  const { port, stored, targetOf, errors } = await setup(t);
  const before = await stored();
  for (const { spec } of OPERATIONS) {
    if (!spec.body || spec.access === 'signed') continue;
    for (const [texts, expected] of [
      [NO_OBJECTS.slice(0, -1), 'bad-request'],
      [NO_JSON, 'body-not-json'],
      [NO_OBJECTS.slice(-1), 'body-too-complex'],
    ] as const) {
      for (const text of texts) {
        const body = Buffer.from(text, 'latin1');
        const isTooMuch = body.length > (spec.maxBodyBytes ?? body.length);
        const { status, code } = await rawHttp(
          port,
          withLength(spec.method, targetOf(spec.path), body, [ADMIN]),
        );
        const about = `${spec.id} ${text.slice(0, 40)}`;
        t.deepEqual([status, code], isTooMuch ? [413, 'body-too-large'] : [400, expected], about);
      }
    }
  }
  t.is(await stored(), before, 'nothing is stored');
  t.deepEqual(errors(), []);
});

test('bad bodies: 10 MB are refused by each call that reads a body, announced or not', async (t) => {
  const { port, stored, targetOf, errors } = await setup(t);
  const before = await stored();
  const many = Buffer.alloc(10 * MEGABYTE, ' ');
  for (const { spec } of OPERATIONS) {
    if (!spec.body) continue;
    const target = targetOf(spec.path);
    const announced = await rawHttp(port, withLength(spec.method, target, many, [ADMIN]));
    t.deepEqual([announced.status, announced.code], [413, 'body-too-large'], spec.id);
    const chunk = Buffer.concat([Buffer.from(`${many.length.toString(16)}\r\n`), many]);
    const chunked = requestText(spec.method, target, [ADMIN, 'Transfer-Encoding: chunked'], chunk);
    const grown = await rawHttp(port, chunked);
    t.deepEqual([grown.status, grown.code], [413, 'body-too-large'], `${spec.id}, chunked`);
  }
  t.is(await stored(), before, 'nothing is stored');
  t.deepEqual(errors(), []);
});

test('bad bodies: any JSON is accepted or refused, pollutes nothing and never fails internally', async (t) => {
  const { hub, targetOf, errors } = await setup(t);
  const calls = OPERATIONS.filter(({ spec }) => spec.body && spec.access !== 'signed');
  const names = ['name', 'tags', 'url', 'edgeId', 'checkInSeconds', 'wait', 'publicUrl', 'overlapSeconds'];
  const key = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', ...names),
    fc.string(),
  );
  const body = fc.dictionary(
    key,
    fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0, 1e308, '', ' ', '\u0000', '$(id)')),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...calls), body, async ({ spec }, value) => {
      const path = targetOf(spec.path).slice('/edge'.length);
      // Waiting is not what this is about.
      const { status } = await hub.call(spec.method, path, { ...value, wait: 'no' });
      return status < 500 || status === 503;
    }),
    { numRuns: 100 },
  );
  t.is(Object.keys(Object.prototype).length, 0);
  t.deepEqual(errors(), []);
});

test('bad bodies: agents with the right key are refused in the same way', async (t) => {
  const clock = new FakeClock();
  const { port, stored, errors, edge } = await setup(t, { clock });
  const agent = await joinInstance(t, { ...edge, clock });
  const secret = agent.client.instanceSecret ?? Buffer.alloc(0);
  const enrolKey = deriveKey(edge.edgeId, hashJoinSecret(agent.edgeKey.secret), 'enrol');
  const claim = { environmentId: agent.edgeKey.environmentId, instanceId: agent.instance.instanceId };
  const before = await stored();
  const send = (key: Uint8Array, method: string, path: string, body: Buffer) => {
    // As long as snapshots are apart.
    clock.advance(10_000);
    const authorization = signRequest(key, { ...claim, timeMs: clock.now() }, { method, path, body });
    const head = [`Authorization: ${authorization}`];
    return rawHttp(port, withLength(method, `/edge${path}`, body, head));
  };
  for (const text of [...NO_OBJECTS, ...NO_JSON, '{}', '{"__proto__":{"tunnelId":"x"}}', '']) {
    const body = Buffer.from(text, 'latin1');
    const { status, code } = await send(secret, 'POST', '/agent/snapshot', body);
    t.is(status, 400, text.slice(0, 40));
    t.regex(code ?? '', /^(bad-request|body-not-json|body-too-complex)$/, text.slice(0, 40));
    // Without a tunnel of the agent's no body is read.
    t.like(await send(secret, 'POST', '/agent/idle', body), { status: 404, code: 'tunnel-unknown' });
  }
  const { edgeId } = edge;
  for (const rest of [
    { instanceId: 1 },
    { instanceId: claim.instanceId, publicKey: 'x' },
    { instanceId: claim.instanceId, publicKey: 'A'.repeat(43), engineId: 'x'.repeat(129) },
    { __proto__: null, constructor: 1 },
  ]) {
    const body = Buffer.from(JSON.stringify({ protocol: 1, edgeId, ...rest }));
    const { status, code } = await send(enrolKey, 'POST', '/agent/enrol', body);
    t.deepEqual([status, code], [400, 'bad-request'], JSON.stringify(rest));
  }
  for (const text of [...NO_OBJECTS.slice(0, -1), ...NO_JSON]) {
    // The Edge ID in it is a part of the key.
    const { status, code } = await send(enrolKey, 'POST', '/agent/enrol', Buffer.from(text, 'latin1'));
    t.deepEqual([status, code], [401, 'agent-unauthorized'], text);
  }
  for (const path of ['/agent/enrol', '/agent/snapshot']) {
    const { status, code } = await send(secret, 'POST', path, Buffer.alloc(10 * MEGABYTE, ' '));
    t.deepEqual([status, code], [413, 'body-too-large'], path);
  }
  for (const query of [
    '?engine=',
    '?engine=up&tunnel=x&tunnel=y',
    '?engine=__proto__&tunnel=x',
    '?engine=up&engine=down&tunnel=x',
  ]) {
    const { status, code } = await send(secret, 'GET', `/agent/check-in${query}`, Buffer.alloc(0));
    t.deepEqual([status, code], [400, 'bad-request'], query);
  }
  t.is(await stored(), before, 'nothing is stored');
  t.deepEqual(errors(), []);
});

test('bad bodies: a caller that keeps sending after the answer is cut after 5 s', async (t) => {
  const clock = new FakeClock();
  const { port, targetOf } = await setup(t, { clock });
  for (const [method, path, expected] of [
    ['POST', '/api/environments', 413],
    ['GET', '/api/settings', 200],
    ['DELETE', '/api/environments/:id/tunnel', 204],
    ['POST', '/agent/snapshot', 401],
  ] as const) {
    const timers = clock.pending;
    const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
    t.teardown(() => socket.destroy());
    socket.write(requestText(method, targetOf(path), [ADMIN, 'Content-Length: 10000000']));
    const [answer] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])));
    t.is(Number(/^HTTP\/1\.1 (\d+)/.exec(answer.toString('latin1'))?.[1]), expected, path);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await untilTrue('a timer or the end of the socket', () => clock.pending !== timers || socket.closed, {
      everyMs: 1,
    });
    clock.advance(5_000);
    await closed;
    t.is(clock.pending, timers, 'no timer is left');
  }
});
