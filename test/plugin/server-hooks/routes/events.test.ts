import { once } from 'node:events';
import type http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { EnvironmentList } from '../../../../plugin/api.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { untilTrue } from '../../../kit/until.js';
import { follow, hostWith } from './event-follower.js';

test('events: arrive over HTTP/1.1 as they happen, unbuffered and not cached', async (t) => {
  const hub = await startPlugin(t);
  const { response, next } = await follow(t, hub);
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.is(response.headers.get('cache-control'), 'no-store, no-transform');
  t.is(response.headers.get('x-accel-buffering'), 'no');
  t.like(await next(), { type: 'reset', data: { reason: 'start' } });
  const { id } = await hub.createEnvironment({ name: 'one' });
  t.like(await next(), { type: 'environment-created', data: { environment: { id, name: 'one' } } });
  await hub.call('PATCH', `/api/environments/${id}`, { tags: ['a'] });
  t.like(await next(), { type: 'environment-changed', data: { id, changes: { tags: ['a'] } } });
  await hub.call('PATCH', '/api/settings', { checkInSeconds: 60 });
  t.like(await next(), { type: 'settings-changed', data: { settings: { checkInSeconds: 60 } } });
  await hub.call('DELETE', `/api/environments/${id}`);
  t.like(await next(), { type: 'environment-removed', data: { id, name: 'one' } });
  await hub.plugin.stop();
  t.is(await next(), null, 'a plugin that stops ends it');
});

test('events: arrive over HTTP/2, and a closed stream is cleaned up', async (t) => {
  const hub = await startPlugin(t);
  const server = http2.createServer((req, res) => hub.plugin.callback(req as never, res as never));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => {
    session.destroy();
    server.close();
  });
  // More than one caller may have in parallel: each disconnects before the next one connects.
  for (let round = 0; round < 40; round++) {
    const stream = session.request({ ':path': '/edge/api/events', authorization: 'Bearer admin' });
    const [headers] = await once(stream, 'response');
    t.is(headers[':status'], 200);
    let text = '';
    // A reader that stops early disconnects.
    for await (const chunk of stream.setEncoding('utf8')) {
      text += chunk;
      if (text.includes('event: reset')) break;
    }
    t.true(text.includes('event: reset'));
  }
});

test('events: a caller that disconnects during authentication leaves nothing open', async (t) => {
  const gates: (() => void)[] = [];
  const hub = await startPlugin(
    t,
    {},
    {
      authenticate: async () => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return { id: 'admin', via: 'bearer' };
      },
    },
  );
  const arrived = async (count: number) => {
    await untilTrue('the gates', () => gates.length >= count, { everyMs: 1 });
  };
  // More than one caller may have open.
  const callers = Array.from({ length: 40 }, () => {
    const disconnect = new AbortController();
    return {
      disconnect,
      answer: fetch(`${hub.url}/api/events`, { signal: disconnect.signal }).catch(() => null),
    };
  });
  await arrived(40);
  for (const { disconnect } of callers) disconnect.abort();
  await Promise.all(callers.map(({ answer }) => answer));
  await untilTrue('the end of all connections', async () => (await connections(hub.server)) === 0, {
    everyMs: 1,
  });
  for (const open of gates.splice(0)) open();
  const disconnect = new AbortController();
  t.teardown(() => disconnect.abort());
  const answer = fetch(`${hub.url}/api/events`, { signal: disconnect.signal });
  await arrived(1);
  gates[0]?.();
  t.is((await answer).status, 200);
});

test('events: HEAD sends the headers and leaves nothing open', async (t) => {
  const hub = await startPlugin(t);
  const headers = { authorization: 'Bearer admin' };
  // More than one caller may have open.
  for (let round = 0; round < 40; round++) {
    const { status } = await fetch(`${hub.url}/api/events`, { method: 'HEAD', headers });
    t.is(status, 200);
  }
});

test('events: a broken connection resumes where it was, by header or parameter', async (t) => {
  const hub = await startPlugin(t);
  const first = await follow(t, hub);
  await first.next();
  await hub.createEnvironment({ name: 'one' });
  const lastEventId = (await first.next())?.id ?? '';
  first.leave();
  await hub.createEnvironment({ name: 'two' });
  t.like(await (await follow(t, hub, { lastEventId })).next(), { data: { environment: { name: 'two' } } });
  const byQuery = await follow(t, hub, { query: `?lastEventId=${lastEventId}` });
  t.like(await byQuery.next(), { data: { environment: { name: 'two' } } });
  await hub.stop();
  const again = await startPlugin(t, { dataDir: hub.dataDir });
  const { next } = await follow(t, again, { lastEventId });
  t.like(await next(), { type: 'reset', data: { reason: 'restart' } });
});

test('events and list: a token for one environment gets only that one, and only settings that it may read', async (t) => {
  const hub = await startPlugin(t, {}, hostWith(new Set()));
  const all = await follow(t, hub);
  const bound = await follow(t, hub, { token: 'bound-2' });
  const fewer = await follow(t, hub, { token: 'no-settings' });
  for (const { next } of [all, bound, fewer]) t.like(await next(), { type: 'reset' });
  for (const name of ['one', 'two', 'three']) await hub.createEnvironment({ name });
  for (const _ of ['one', 'two', 'three']) t.like(await all.next(), { type: 'environment-created' });
  await hub.call('PATCH', '/api/settings', { checkInSeconds: 60 });
  t.like(await all.next(), { type: 'settings-changed' });
  await hub.call('DELETE', '/api/environments/3');
  await hub.call('DELETE', '/api/environments/2');
  t.like(await bound.next(), { type: 'environment-created', data: { environment: { id: 2 } } });
  t.like(await bound.next(), { type: 'environment-removed', data: { id: 2 } });
  t.like(await fewer.next(), { type: 'environment-created', data: { environment: { id: 1 } } });
  t.like(await fewer.next(), { type: 'environment-created', data: { environment: { id: 3 } } });
  t.like(await fewer.next(), { type: 'environment-removed', data: { id: 3 } });

  const list = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${hub.url}/api/environments`, { headers });
    const { items, total } = (await answer.json()) as EnvironmentList;
    return [total, ...items.map(({ id }) => id)];
  };
  await hub.createEnvironment({ name: 'four' });
  t.deepEqual(await list('admin'), [2, 1, 4]);
  t.deepEqual(await list('bound-4'), [1, 4]);
  t.deepEqual(await list('bound-2'), [0]);
});

test('events: a stream ends within 5 s after its token was revoked, and cannot be reopened', async (t) => {
  const revoked = new Set<string>();
  const hub = await startPlugin(t, {}, hostWith(revoked));
  const { next } = await follow(t, hub, { token: 'bound-1' });
  t.like(await next(), { type: 'reset' });
  const start = performance.now();
  revoked.add('bound-1');
  t.is(await next(), null);
  t.true(performance.now() - start < 25_000, 'five times the promise: the machine may be busy');
  t.is((await follow(t, hub, { token: 'bound-1' })).response.status, 401);
});

test('list: parameters may be repeated where that makes sense, and invalid ones are refused', async (t) => {
  const hub = await startPlugin(t);
  for (const [name, tags] of [
    ['depot 10', ['a', 'b']],
    ['depot 9', ['b']],
    ['shop', ['a']],
  ] as const) {
    await hub.createEnvironment({ name, tags });
  }
  const names = async (query: string) => {
    const { body } = await hub.call<EnvironmentList>('GET', `/api/environments?${query}`);
    return body.items.map(({ name }) => name);
  };
  t.deepEqual(await names('search=DEPOT&sort=name'), ['depot 9', 'depot 10']);
  t.deepEqual(await names('tag=a&tag=b'), ['depot 10']);
  t.deepEqual(await names('status=online&status=new&sort=-name'), ['shop', 'depot 10', 'depot 9']);
  t.deepEqual(await names('status=online'), []);
  const first = await hub.call<EnvironmentList>('GET', '/api/environments?limit=2');
  t.like(first.body, { total: 3, items: [{ id: 1 }, { id: 2 }] });
  t.deepEqual(await names(`limit=2&cursor=${first.body.nextCursor}`), ['shop']);
  for (const query of [
    'limit=0',
    'limit=501',
    'limit=x',
    'limit=',
    'offset=-1',
    'offset=1.5',
    'sort=size',
    'sort=name&sort=id',
    'status=gone',
    'cursor=a&cursor=b',
  ]) {
    const answer = await hub.call('GET', `/api/environments?${query}`);
    t.like(answer, { status: 400, body: { code: 'bad-request' } }, query);
  }
  t.deepEqual(await names('limit=1&offset=2'), ['shop']);
  const foreign = await hub.call('GET', `/api/environments?sort=name&cursor=${first.body.nextCursor}`);
  t.like(foreign, { status: 400, body: { code: 'cursor-invalid' } });
});

function connections(server: http.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
