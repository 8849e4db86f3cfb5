import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ANSWER_PROOF, proveAnswer } from '../../../../protocol/crypto/answer-proof.js';
import { deriveKey, hashJoinSecret } from '../../../../protocol/crypto/derived-keys.js';
import { encodeEdgeKey } from '../../../../protocol/crypto/edge-key.js';
import { sealInstanceSecret } from '../../../../protocol/crypto/instance-secret.js';
import { parseAuthorization } from '../../../../protocol/crypto/request-signature.js';
import { AGENT_PATHS, type CheckInReply } from '../../../../protocol/messages/agent-calls.js';
import { makeInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';

const REPLY: CheckInReply = {
  tunnel: 'idle',
  checkInSeconds: 5,
  holdSeconds: 50,
  inactivitySeconds: 300,
  snapshotSeconds: 300,
  snapshotRequest: 0,
  hub: 'hub-1',
};

type Answer = (res: ServerResponse, req: IncomingMessage, key: Buffer) => void;

const EDGE_ID = '7f3c1c8e-5a53-4f0b-9d1c-0d7c5e1b2a3f';
const SECRET = 'x'.repeat(43);

/** An answer with the hub's proof. */
const proven =
  (status: number, etag: string | undefined, body: object | null): Answer =>
  (res, req, key) => {
    const bytes = Buffer.from(body ? JSON.stringify(body) : '');
    const { mac } = parseAuthorization(req.headers.authorization);
    const proof = proveAnswer(key, mac, { status, etag, body: bytes });
    res.writeHead(status, { ...(etag && { etag }), [ANSWER_PROOF]: proof }).end(bytes);
  };
const json = (status: number, body: object) => proven(status, '"tag"', body);

/** An enrolled client at a hub that answers by the script; the last answer repeats. */
async function setup(t: ExecutionContext, ...script: Answer[]) {
  const stamps: number[] = [];
  const instanceSecret = randomBytes(32);
  const server = http.createServer((req, res) => {
    if (req.url === AGENT_PATHS.enrol) {
      const enrolKey = deriveKey(EDGE_ID, hashJoinSecret(SECRET), 'enrol');
      void enrolReply().then((body) => json(200, body)(res, req, enrolKey));
      return;
    }
    stamps.push(parseAuthorization(req.headers.authorization).timeMs);
    const [first] = script;
    const answer = script.length > 1 ? script.shift() : first;
    answer?.(res, req, instanceSecret);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = new FakeClock();
  const edgeKey = encodeEdgeKey({
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnelAddress: 'localhost:8000',
    fingerprint: `${'A'.repeat(43)}=`,
    environmentId: 1,
    secret: SECRET,
  });
  const agent = await makeInstance(t, { edgeKey, edgeId: EDGE_ID, clock });
  const enrolReply = async () => ({
    protocol: 1,
    secret: await sealInstanceSecret(
      { kty: 'OKP', crv: 'X25519', x: agent.instance.publicKey },
      instanceSecret,
    ),
    keyGeneration: 1,
    timeMs: clock.now(),
  });
  return { agent, clock, server, stamps };
}

test('hub client: a check-in before the enrolment is refused at home', async (t) => {
  const { agent, stamps } = await setup(t, json(200, REPLY));
  await t.throwsAsync(agent.checkIn(), { code: 'agent-unauthorized' });
  t.deepEqual(stamps, []);
});

test('hub client: the usual check-in has no query, no hash of a body and no header that HTTP/1.1 does not need', async (t) => {
  const { agent, server } = await setup(t, json(200, REPLY));
  await agent.enrol();
  const heads: { url: string | undefined; names: string[]; authorization: string }[] = [];
  server.on('request', ({ url, headers }: IncomingMessage) => {
    heads.push({ url, names: Object.keys(headers), authorization: String(headers.authorization) });
  });
  await agent.checkIn();
  await agent.checkIn({ query: { engine: 'down', tunnel: 't' } });
  t.deepEqual(
    heads.map(({ url, names }) => [url, ...names]),
    [
      ['/agent/check-in', 'authorization', 'host'],
      ['/agent/check-in?engine=down&tunnel=t', 'authorization', 'host'],
    ],
  );
  for (const { authorization } of heads) t.notRegex(authorization, /body=/);
});

test('hub client: adopts the hub’s time after a refused timestamp, and continues from there', async (t) => {
  const hubMs = Date.UTC(2031, 5, 1);
  const { agent, stamps, clock } = await setup(
    t,
    json(401, { code: 'clock-skew', timeMs: hubMs }),
    json(200, REPLY),
  );
  await agent.enrol();
  t.deepEqual((await agent.checkIn()).reply, REPLY);
  t.deepEqual(stamps, [clock.now() + 1, hubMs]);
  clock.advance(5_000);
  await agent.checkIn();
  t.is(stamps[2], hubMs + 5_000);
  // The machine's clock is set back: stamps still rise.
  clock.setWall(clock.now() - 3_600_000);
  await agent.checkIn();
  t.is(stamps[3], hubMs + 5_001);
});

test('hub client: goes on after the stamp that the hub has seen', async (t) => {
  const { agent, stamps, clock } = await setup(
    t,
    json(401, { code: 'request-replayed', timeMs: Date.UTC(2030, 0, 1) + 7_000 }),
    json(200, REPLY),
  );
  await agent.enrol();
  await agent.checkIn();
  t.is(stamps[1], clock.now() + 7_000);
});

test('hub client: mends its clock once for each call, and not without a time', async (t) => {
  const skew = await setup(t, json(401, { code: 'clock-skew', timeMs: Date.UTC(2040, 0, 1) }));
  await skew.agent.enrol();
  await t.throwsAsync(skew.agent.checkIn(), { code: 'clock-skew' });
  t.is(skew.stamps.length, 2);
  const mute = await setup(t, json(401, { code: 'clock-skew' }));
  await mute.agent.enrol();
  await t.throwsAsync(mute.agent.checkIn(), { code: 'clock-skew' });
  t.is(mute.stamps.length, 1);
});

test('hub client: a refusal keeps its code, status and pause', async (t) => {
  const { agent } = await setup(t, json(409, { code: 'duplicate', detail: 'no', retryAfterSeconds: 10 }));
  await agent.enrol();
  const error = await t.throwsAsync(agent.checkIn());
  t.like(error, { code: 'duplicate', status: 409, retryAfterSeconds: 10 });
});

test('hub client: a 304 is no change', async (t) => {
  const { agent } = await setup(t, proven(304, undefined, null));
  await agent.enrol();
  t.deepEqual(await agent.checkIn({ etag: '"known"' }), { reply: null, etag: '"known"' });
});

test('hub client: after a 304 for a tag that it did not send nothing counts as known', async (t) => {
  const { agent } = await setup(t, proven(304, '"other"', null));
  await agent.enrol();
  t.deepEqual(await agent.checkIn({ etag: '"known"' }), { reply: null, etag: undefined });
});

const STRANGE: Record<string, Answer> = {
  'a page': (res) => res.end('<html>'),
  'a page with an error status': (res) => res.writeHead(502).end('<html>'),
  'an object of another form': json(200, { ...REPLY, tunnel: 'open' }),
  'an interval of nothing': json(200, { ...REPLY, checkInSeconds: 0 }),
  'a redirect': (res) => res.writeHead(302, { location: '/elsewhere' }).end(),
  'more than 64 KiB': (res) => {
    res.write(Buffer.alloc(70_000, ' '));
  },
};
for (const [name, answer] of Object.entries(STRANGE)) {
  test(`hub client: ${name} is not an answer of a hub`, async (t) => {
    const { agent } = await setup(t, answer);
    await agent.enrol();
    await t.throwsAsync(agent.checkIn(), { code: 'hub-answer-malformed' });
  });
}

test('hub client: a hold is given up 5 s after its wait, another call after 30 s', async (t) => {
  for (const [wait, deadlineMs] of [
    [20, 25_000],
    [0, 30_000],
  ] as const) {
    const { agent, clock, server } = await setup(t, () => undefined);
    await agent.enrol();
    const asked = once(server, 'request');
    const failed = t.throwsAsync(agent.checkIn({ wait }), { code: 'hub-unreachable' });
    const [req] = (await asked) as [IncomingMessage];
    t.is(req.headers.prefer, wait > 0 ? `wait=${wait}` : undefined);
    t.is(clock.nextMs, deadlineMs);
    clock.advance(deadlineMs);
    await failed;
    t.is(clock.pending, 0);
  }
});

test('hub client: an aborted call fails with the reason', async (t) => {
  const { agent, server } = await setup(t, () => undefined);
  await agent.enrol();
  const stop = new AbortController();
  const asked = once(server, 'request');
  const failed = agent.checkIn({ wait: 20, signal: stop.signal }).catch((error: unknown) => error);
  await asked;
  const reason = new Error('enough');
  stop.abort(reason);
  t.is(await failed, reason);
});

test('hub client: a kept connection that the hub has just closed costs nothing but another one', async (t) => {
  const connections: unknown[] = [];
  const { agent } = await setup(t, (res, req, key) => {
    connections.push(req.socket);
    // The second request on a connection finds it closed.
    if (connections.filter((one) => one === req.socket).length > 1) req.socket.resetAndDestroy();
    else json(200, REPLY)(res, req, key);
  });
  await agent.enrol();
  await agent.checkIn();
  t.is((await agent.checkIn()).reply?.hub, 'hub-1');
  t.is(new Set(connections).size, connections.length - 1, 'one request was in vain');
});

test('hub client: a connection that is reset at its first request is no kept one', async (t) => {
  const { agent } = await setup(t, (_res, req) => {
    req.socket.resetAndDestroy();
  });
  await agent.enrol();
  t.like(await t.throwsAsync(agent.checkIn()), { code: 'hub-unreachable' });
});
