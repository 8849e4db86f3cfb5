import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { CheckInQueries } from '../../../../../plugin/server-hooks/agents/check-in-queries.js';
import { verifyAnswer } from '../../../../../protocol/crypto/answer-proof.js';
import { parseAuthorization, signRequest } from '../../../../../protocol/crypto/request-signature.js';
import { joinInstance } from '../../../../kit/agent/instance.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';

const CHECK_IN = '/agent/check-in?engine=up&tunnel=none';

/** A host that offers each request to the plugin's `checkIn` first; `passed` has those that it did not answer. */
async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one' });
  const agent = await joinInstance(t, { edgeId: edgeId ?? '', edgeKey });
  const key = agent.client.instanceSecret ?? Buffer.alloc(0);
  const passed: string[] = [];
  const server = http.createServer((req, res) => {
    if (hub.plugin.checkIn(req, res)) {
      server.emit('answered', res);
      return;
    }
    passed.push(`${req.method} ${req.url}`);
    res.writeHead(418).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let timeMs = Date.now();
  const signed = (path: string, method = 'GET') => {
    const claim = { environmentId: id, instanceId: agent.instance.instanceId, timeMs: ++timeMs };
    return signRequest(key, claim, { method, path, body: Buffer.alloc(0) });
  };
  return { hub, key, url, server, passed, signed };
}

async function ask(url: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') {
  const req = http.request(url, { method, headers, agent: false }).end();
  const [res] = (await once(req, 'response')) as [http.IncomingMessage];
  const body = Buffer.concat(await res.toArray());
  return { status: res.statusCode ?? 0, headers: res.headers, body };
}

test('check-in: a host can have it answered before its own middleware, and nothing else', async (t) => {
  const { url, passed, signed } = await setup(t);
  const others = [
    '/',
    '/agent/check-in',
    '/edge',
    '/edge/agent/check-ins',
    '/edge/agent/check-in/',
    '/edge/api/events',
  ];
  for (const path of others) t.is((await ask(`${url}${path}`)).status, 418, path);
  t.deepEqual(
    passed,
    others.map((path) => `GET ${path}`),
  );
  const { status, headers } = await ask(`${url}/edge${CHECK_IN}`, { authorization: signed(CHECK_IN) });
  t.is(status, 200);
  t.is(headers['cache-control'], 'no-store');
  t.is((await ask(`${url}/edge${CHECK_IN}`)).status, 401, 'without a signature');
});

test('check-in: every answer to a known signer has its proof, refusals included', async (t) => {
  const { url, key, signed } = await setup(t);
  const first = await ask(`${url}/edge${CHECK_IN}`, { authorization: signed(CHECK_IN) });
  const { etag } = first.headers;
  const invalid = '/agent/check-in?engine=broken&tunnel=none';
  const usual = '/agent/check-in';
  for (const [path, match, wanted] of [
    [CHECK_IN, undefined, 200],
    [CHECK_IN, etag, 304],
    [usual, etag, 304],
    [invalid, etag, 400],
  ] as const) {
    const authorization = signed(path);
    const { status, headers, body } = await ask(`${url}/edge${path}`, {
      authorization,
      ...(match ? { 'if-none-match': match } : {}),
    });
    t.is(status, wanted);
    const { mac } = parseAuthorization(authorization);
    const answer = { status, etag: headers.etag, body };
    t.true(verifyAnswer(key, mac, answer, String(headers['fairlead-proof'])), path);
  }
});

test('check-in: other methods are refused and name the right one', async (t) => {
  const { url, signed } = await setup(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
    const authorization = signed(CHECK_IN, method);
    const { status, headers } = await ask(`${url}/edge${CHECK_IN}`, { authorization }, method);
    t.deepEqual([status, headers.allow], [405, 'GET'], method);
  }
});

test('check-in: a stopped plugin answers none', async (t) => {
  const { hub, url, signed } = await setup(t);
  await hub.plugin.stop();
  t.is((await ask(`${url}/edge${CHECK_IN}`, { authorization: signed(CHECK_IN) })).status, 418);
});

test('check-in: a query that no agent sends is answered, and not remembered', (t) => {
  const queries = new CheckInQueries();
  const [usual, padded] = [CHECK_IN, `${CHECK_IN}&padding=${'x'.repeat(300)}`];
  t.is(queries.parse(usual), queries.parse(usual));
  t.not(queries.parse(padded), queries.parse(padded));
  t.deepEqual(queries.parse(padded), { engine: 'up', tunnel: 'none' });
});

test('check-in: one that its client does not read ends with the plugin', async (t) => {
  const { hub, url, server, signed } = await setup(t);
  const { headers } = await ask(`${url}/edge${CHECK_IN}`, { authorization: signed(CHECK_IN) });
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1').pause();
  t.teardown(() => socket.destroy());
  const held = [`Authorization: ${signed(CHECK_IN)}`, `If-None-Match: ${headers.etag}`, 'Prefer: wait=50'];
  socket.write([`GET /edge${CHECK_IN} HTTP/1.1`, 'Host: hub', ...held, '', ''].join('\r\n'));
  const [res] = (await once(server, 'answered')) as [http.ServerResponse];
  // Stands for earlier answers: they fill the connection.
  res.socket?.write(Buffer.alloc(16 * 1024 * 1024));
  t.false(res.headersSent, 'it is held');
  await hub.plugin.stop();
  t.true(res.closed);
});
