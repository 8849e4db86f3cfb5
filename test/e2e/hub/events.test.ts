import { once } from 'node:events';
import http2 from 'node:http2';
import test from 'ava';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { readEvents } from '../../kit/hub/read-events.js';
import type { Scope } from '../../kit/scope.js';

/** A stream over HTTP/2, as a client of the bundled host has it. */
async function follow(t: Scope, hub: Hub, token: string) {
  const session = http2.connect(hub.origin, { rejectUnauthorized: false });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/edge/api/events', authorization: `Bearer ${token}` });
  const ended = once(stream, 'end');
  const [headers] = await once(stream, 'response');
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    status: headers[':status'],
    ended,
    until: async (type: string) => {
      while (!text.includes(`event: ${type}\n`) || !text.endsWith('\n\n')) await once(stream, 'data');
      return readEvents(text).find((event) => event.type === type);
    },
  };
}

test('events: the bundled host streams them over HTTP/2, until the API token is revoked or the session ends', async (t) => {
  t.timeout(180_000);
  const hub = await startHub(t);
  const { body: made } = await hub.call<{ id: string; token: string }>('POST', '/api/tokens', { name: 'ci' });
  const byToken = await follow(t, hub, made.token);
  const bySession = await follow(t, hub, hub.token);
  const { id } = await hub.createEnvironment({ name: 'one' });
  for (const { status, until } of [byToken, bySession]) {
    t.is(status, 200);
    t.like(await until('environment-created'), { data: { environment: { id, name: 'one' } } });
  }

  for (const [path, { ended }] of [
    [`/api/tokens/${made.id}`, byToken],
    ['/api/session', bySession],
  ] as const) {
    const start = performance.now();
    t.is((await hub.call('DELETE', path)).status, 204);
    await ended;
    t.true(performance.now() - start < 25_000, 'five times the promise: the machine may be busy');
  }
});
