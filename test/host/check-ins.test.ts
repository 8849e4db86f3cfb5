import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import tls, { type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { HubClient } from '../../agent-image/src/hub/client.js';
import { loadInstanceKey } from '../../agent-image/src/machine/instance-key.js';
import { verifyAnswer } from '../../protocol/crypto/answer-proof.js';
import { parseEdgeKey } from '../../protocol/crypto/edge-key.js';
import { parseAuthorization, signRequest } from '../../protocol/crypto/request-signature.js';
import { systemClock } from '../../protocol/time/clock.js';
import { signIn } from '../kit/hub/api.js';
import { EMPTY_SNAPSHOT } from '../kit/snapshot.js';
import { tempFolder } from '../kit/temp-folder.js';
import { PASSWORD, startHost } from './start-host.js';

const pluginFolders = [fileURLToPath(new URL('../..', import.meta.url))];
const EMPTY = Buffer.alloc(0);
const PATH = '/agent/check-in';
/** Node's parser reads a request with this line; without it the host does. */
const FOREIGN = 'X-Other: 1\r\n';

/** The bundled host with the plugin, and an enrolled agent. */
async function setup(t: ExecutionContext) {
  const host = await startHost(t, { deps: { pluginFolders } });
  const api = await signIn(t, { origin: `https://localhost:${host.port}`, password: PASSWORD });
  const url = `https://127.0.0.1:${host.port}/edge`;
  const made = await api.createEnvironment({ name: 'one', url });
  const edgeKey = parseEdgeKey(made.edgeKey);
  const instance = await loadInstanceKey(await tempFolder(t), pino({ level: 'silent' }));
  const [agent, checkInAgent] = [1, 2].map(() => new https.Agent({ keepAlive: true, ca: host.ca }));
  t.teardown(() => agent?.destroy());
  t.teardown(() => checkInAgent?.destroy());
  if (!agent || !checkInAgent) throw new Error('two agents are made');
  const edgeId = made.edgeId ?? '';
  const client = new HubClient({ edgeKey, edgeId, instance, agent, checkInAgent, clock: systemClock });
  await client.enrol({
    ...{ protocol: 2, engineId: null, node: null, agentVersion: '0.0.0', platform: 'linux/amd64' },
  });
  const key = client.instanceSecret ?? EMPTY;
  let timeMs = Date.now();
  const sign = (path = PATH, changes: { secret?: Buffer; timeMs?: number } = {}) => {
    const claim = { environmentId: made.id, instanceId: instance.instanceId, timeMs: ++timeMs };
    return signRequest(changes.secret ?? key, { ...claim, ...changes }, { method: 'GET', path, body: EMPTY });
  };
  const connect = async () => {
    const socket = tls.connect({ port: host.port, host: '127.0.0.1', ca: host.ca });
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  };
  return { host, api, id: made.id, client, key, sign, connect };
}

function send(socket: TLSSocket, path: string, authorization: string, lines = ''): void {
  socket.write(`GET /edge${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${lines}\r\n`);
}

async function readAnswer(socket: TLSSocket) {
  let bytes = EMPTY;
  for (;;) {
    bytes = Buffer.concat([bytes, (await once(socket, 'data'))[0]]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) continue;
    const head = bytes.toString('latin1', 0, end);
    const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1];
    const body = bytes.subarray(end + 4);
    if (body.length < Number(header('content-length') ?? 0)) continue;
    return { status: Number(head.slice(9, 12)), head, header, body };
  }
}

test('check-ins: an agent’s own form is the one that the host reads itself', async (t) => {
  const { host, client } = await setup(t);
  const answers: IncomingHttpHeaders[] = [];
  const onAnswer = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const isOurs = request.getHeader('host') === `127.0.0.1:${host.port}`;
    if (isOurs && request.path === `/edge${PATH}`) answers.push(response.headers);
  };
  subscribe('http.client.response.finish', onAnswer);
  t.teardown(() => unsubscribe('http.client.response.finish', onAnswer));
  const signal = new AbortController().signal;
  const { etag } = await client.checkIn({ engine: 'up', tunnel: 'none' }, undefined, 0, signal);
  t.regex(etag ?? '', /^"[A-Za-z0-9_-]{14}"$/);
  t.is((await client.checkIn({ engine: 'up', tunnel: 'none' }, etag, 0, signal)).reply, null);
  // Other calls have a connection of their own: Node's parser would keep this one.
  await client.postSnapshot({ ...EMPTY_SNAPSHOT, ageMs: 0 });
  t.is((await client.checkIn({ engine: 'up', tunnel: 'none' }, etag, 1, signal)).reply, null);
  t.is(answers.length, 3);
  for (const headers of answers) t.is(headers.date, undefined);
  t.deepEqual(Object.keys(answers[1] ?? {}).sort(), ['etag', 'fairlead-proof']);
});

test('check-ins: whoever reads them, the answers and their proofs are the same', async (t) => {
  const { key, sign, connect } = await setup(t);
  const [own, node] = [await connect(), await connect()];
  send(own, PATH, sign());
  const { etag = '' } = { etag: (await readAnswer(own)).header('etag') };
  const match = `If-None-Match: ${etag}\r\n`;
  const late = sign(PATH, { timeMs: Date.now() - 120_000 });
  const cases: [title: string, path: string, authorization: () => string, lines: string, status: number][] = [
    ['the first', PATH, sign, '', 200],
    ['one without news', PATH, sign, match, 304],
    ['an invalid query', `${PATH}?engine=x`, () => sign(`${PATH}?engine=x`), match, 400],
    ['a late timestamp', PATH, () => late, match, 401],
    ['another secret', PATH, () => sign(PATH, { secret: Buffer.alloc(32) }), match, 401],
    ['another path than signed', `${PATH}?tunnel=x`, sign, match, 401],
    ['no signature', PATH, () => 'Bearer x', match, 401],
  ];
  for (const [title, path, authorize, lines, status] of cases) {
    const answers = [];
    for (const [socket, more] of [
      [own, ''],
      [node, FOREIGN],
    ] as const) {
      const authorization = authorize();
      send(socket, path, authorization, lines + more);
      const answer = await readAnswer(socket);
      t.is(answer.status, status, title);
      const proof = answer.header('fairlead-proof');
      if (proof !== undefined) {
        const { mac } = parseAuthorization(authorization);
        const said = { status, etag: answer.header('etag'), body: answer.body };
        t.true(verifyAnswer(key, mac, said, proof), title);
      }
      // Node adds these, and only these.
      t.is(answer.header('date') === undefined, more === '', title);
      answers.push({
        etag: answer.header('etag'),
        isProven: proof !== undefined,
        codes: codesOf(answer.body),
      });
    }
    t.deepEqual(answers[0], answers[1], title);
  }
});

function codesOf(body: Buffer): unknown {
  return body.length === 0 ? null : (JSON.parse(body.toString()).code ?? 'state');
}

test('check-ins: a replayed one is refused, from whichever reader to whichever', async (t) => {
  const { sign, connect } = await setup(t);
  for (const [first, second] of [
    ['', ''],
    ['', FOREIGN],
    [FOREIGN, ''],
  ] as const) {
    const authorization = sign();
    const [one, other] = [await connect(), await connect()];
    send(one, PATH, authorization, first);
    t.is((await readAnswer(one)).status, 200);
    send(other, PATH, authorization, second);
    const { status, body } = await readAnswer(other);
    t.deepEqual([status, codesOf(body)], [401, 'request-replayed']);
  }
});

test('check-ins: no wake-up is lost between a held check-in and a request, whichever arrives first', async (t) => {
  const { api, id, sign, connect } = await setup(t);
  const socket = await connect();
  const giveUp = new AbortController();
  t.teardown(() => giveUp.abort());
  const request = () => {
    // It waits for a snapshot, which no one sends.
    api
      .call('POST', `/edge/api/environments/${id}/snapshot`, undefined, giveUp.signal)
      .catch(() => undefined);
  };
  send(socket, PATH, sign());
  let etag = (await readAnswer(socket)).header('etag') ?? '';
  for (let round = 1; round <= 40; round++) {
    const hold = () => send(socket, PATH, sign(), `If-None-Match: ${etag}\r\nPrefer: wait=50\r\n`);
    const answered = readAnswer(socket);
    for (const step of round % 2 === 0 ? [hold, request] : [request, hold]) step();
    const { status, body, header } = await answered;
    t.is(status, 200);
    t.is(JSON.parse(body.toString()).snapshotRequest, round);
    etag = header('etag') ?? '';
  }
});

test('check-ins: a stop answers the held ones', async (t) => {
  const { host, sign, connect } = await setup(t);
  const socket = await connect();
  send(socket, PATH, sign());
  const etag = (await readAnswer(socket)).header('etag') ?? '';
  const answered = readAnswer(socket);
  send(socket, PATH, sign(), `If-None-Match: ${etag}\r\nPrefer: wait=50\r\n`);
  // The hold has begun once another call is answered.
  await host.call('/healthz');
  const closed = once(socket, 'close');
  await host.stop();
  const { status, body } = await answered;
  t.deepEqual([status, codesOf(body)], [503, 'hub-stopping']);
  await closed;
});
