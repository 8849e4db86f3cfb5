import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { requestTo } from '../../../host/http/requests.js';
import type { PluginRegistry } from '../../../host/plugins/registry.js';
import { LogRecorder } from '../../kit/log-recorder.js';

async function setup(t: ExecutionContext, checkIn: PluginRegistry['checkIn']) {
  const log = new LogRecorder();
  const server = http.createServer(requestTo({ checkIn }, (_req, res) => void res.writeHead(418).end(), log));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, log };
}

test('requests: what no plugin answers goes to the middleware', async (t) => {
  const { url } = await setup(t, () => false);
  t.is((await fetch(url)).status, 418);
});

test('requests: a plugin that throws answers 500, and the process lives', async (t) => {
  const { url, log } = await setup(t, () => {
    throw new Error('a secret detail');
  });
  for (let round = 0; round < 2; round++) {
    const answer = await fetch(url);
    t.is(answer.status, 500);
    const text = await answer.text();
    t.is(JSON.parse(text).code, 'internal');
    t.false(text.includes('secret'));
  }
  t.is(log.lines.filter(({ level }) => level === 'error').length, 2);
});

test('requests: an answer that a failing plugin has begun is cut off', async (t) => {
  const { url } = await setup(t, (_req, res) => {
    if (res instanceof http.ServerResponse) res.writeHead(200, { 'content-length': 10 }).write('begun');
    throw new Error('failed');
  });
  await t.throwsAsync(async () => (await fetch(url)).text());
});
