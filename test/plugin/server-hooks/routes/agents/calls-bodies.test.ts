import { once } from 'node:events';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type SignedRequest, signRequest } from '../../../../../protocol/crypto/request-signature.js';
import { joinInstance } from '../../../../kit/agent/instance.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { rawHttp, requestText } from '../../../../kit/fault/raw-http.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { EMPTY_SNAPSHOT } from '../../../../kit/snapshot.js';
import { untilTrue } from '../../../../kit/until.js';

const PATHS = ['/agent/snapshot', '/agent/idle'];
const BODY = Buffer.from(JSON.stringify(EMPTY_SNAPSHOT));

const manyImages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `i${index}`, tags: ['x'], bytes: 1, createdAt: '' }));

/** A hub whose only agent's calls are written by hand; each has its own timestamp. */
async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey, clock });
  const port = Number(new URL(hub.url).port);
  const secret = agent.client.instanceSecret ?? Buffer.alloc(0);
  const claim = { environmentId: id, instanceId: agent.instance.instanceId };
  const sign = (path: string, body: Buffer, key: Uint8Array = secret, offMs = 0) => {
    clock.advance(1);
    const request: SignedRequest = { method: 'POST', path, body };
    return signRequest(key, { ...claim, timeMs: clock.now() + offMs }, request);
  };
  const text = (path: string, authorization: string, body: Buffer, sent: Buffer) =>
    requestText(
      'POST',
      `/edge${path}`,
      [`Authorization: ${authorization}`, `Content-Length: ${body.length}`],
      sent,
    );
  const post = (path: string, authorization: string, body = BODY) =>
    rawHttp(port, text(path, authorization, body, body));
  /** Announces a body, of which no byte is ever sent. */
  const postHead = (path: string, authorization: string) =>
    rawHttp(port, text(path, authorization, BODY, Buffer.alloc(0)));
  const stored = async () => (await hub.view(id)).snapshot;
  return { hub, id, clock, sign, text, post, postHead, stored };
}

test('agent bodies: a caller that knows the ids but not the secret is refused before the body is read', async (t) => {
  const { sign, postHead } = await setup(t);
  for (const path of PATHS) {
    const answer = await postHead(path, sign(path, BODY, Buffer.alloc(32, 1)));
    t.like(answer, { status: 401, code: 'agent-unauthorized' }, path);
  }
});

test('agent bodies: a repeated head or a wrong clock is refused before the body is read', async (t) => {
  const { sign, post, postHead } = await setup(t);
  for (const path of PATHS) {
    const authorization = sign(path, BODY);
    t.not((await post(path, authorization)).status, 401);
    t.like(await postHead(path, authorization), { status: 401, code: 'request-replayed' }, path);
    const early = sign(path, BODY, undefined, -61_000);
    t.like(await postHead(path, early), { status: 401, code: 'clock-skew' }, path);
  }
});

test('agent bodies: one that differs from the signed one is refused and not stored', async (t) => {
  const { sign, post, stored } = await setup(t);
  const [path = ''] = PATHS;
  const answer = await post(path, sign(path, Buffer.from('{}')));
  t.like(answer, { status: 401, code: 'agent-unauthorized' });
  t.is(await stored(), null);
});

test('agent bodies: a snapshot that comes too soon is refused before its body is read', async (t) => {
  const { clock, sign, post, postHead, stored } = await setup(t);
  const [path = ''] = PATHS;
  t.is((await post(path, sign(path, BODY))).status, 204);
  t.like(await postHead(path, sign(path, BODY)), { status: 429, code: 'snapshot-too-soon' });
  const broken = Buffer.from('{');
  t.like(await post(path, sign(path, broken), broken), { status: 429, code: 'snapshot-too-soon' });
  clock.advance(10_000);
  t.like(await post(path, sign(path, broken), broken), { status: 400, code: 'body-not-json' });
  t.not(await stored(), null);
});

test('agent bodies: an idle close without a tunnel is refused before its body is read', async (t) => {
  const { sign, postHead } = await setup(t);
  const answer = await postHead('/agent/idle', sign('/agent/idle', BODY));
  t.like(answer, { status: 404, code: 'tunnel-unknown' });
});

test('agent bodies: a Swarm report of a worker is refused before its body is read', async (t) => {
  const { sign, postHead } = await setup(t);
  const answer = await postHead('/agent/swarm', sign('/agent/swarm', BODY));
  t.like(answer, { status: 403, code: 'manager-unconfirmed' });
});

test('agent bodies: a compressed snapshot is stored as the plain one is', async (t) => {
  const { clock, sign, post, stored } = await setup(t);
  const [path = ''] = PATHS;
  const snapshot = { ...EMPTY_SNAPSHOT, counts: { ...EMPTY_SNAPSHOT.counts, images: 7 } };
  const body = gzipSync(JSON.stringify(snapshot));
  t.is((await post(path, sign(path, body), body)).status, 204);
  t.is((await stored())?.counts.images, 7);
  clock.advance(10_000);
  const large = { ...snapshot, images: manyImages(10_000) };
  const compressed = gzipSync(JSON.stringify(large));
  t.is((await post(path, sign(path, compressed), compressed)).status, 204);
});

for (const [what, body, code] of [
  ['that inflates to more than 8 MiB', gzipSync(Buffer.alloc(9 * 1024 * 1024, ' ')), 'body-too-large'],
  ['that is cut', gzipSync(JSON.stringify(EMPTY_SNAPSHOT)).subarray(0, 100), 'body-not-json'],
  ['that is damaged', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(50_000)]), 'body-not-json'],
] as const) {
  test(`agent bodies: a compressed snapshot ${what} is refused`, async (t) => {
    const { sign, post, stored } = await setup(t);
    const [path = ''] = PATHS;
    t.like(await post(path, sign(path, body), body), { code });
    t.is(await stored(), null);
  });
}

test('agent bodies: one of an agent that was removed meanwhile is refused', async (t) => {
  const { hub, id, clock, sign, text, stored } = await setup(t);
  const [path = ''] = PATHS;
  const timers = clock.pending;
  const socket = net.connect(Number(new URL(hub.url).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(text(path, sign(path, BODY), BODY, BODY.subarray(0, 10)));
  await untilTrue('a timer', () => clock.pending !== timers, { everyMs: 1 });
  t.is((await hub.call('DELETE', `/api/environments/${id}/association`)).status, 204);
  socket.write(BODY.subarray(10));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.regex(answer.toString('latin1'), /^HTTP\/1\.1 401 /);
  t.is(await stored(), null);
});
