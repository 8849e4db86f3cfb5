import test from 'ava';
import type { HubEvent } from '../../../plugin/api.js';
import { ApiClient } from '../../../plugin/ui-panel/api-client.js';
import { HubEvents } from '../../../plugin/ui-panel/hub-events.js';
import { parseEvents } from '../../../plugin/ui-panel/parse-events.js';

const STREAM =
  'retry: 3000\n\nid: a.1\nevent: reset\ndata: {"reason":"start"}\n\n:\r\n\r\nid: a.2\nevent: x\ndata: "größe →"\n\n';

test('events: come whole wherever the stream is cut; a message without an end is dropped', async (t) => {
  const bytes = Buffer.from(`${STREAM}id: a.3\ndata: never`);
  for (const size of [1, 2, 3, 7, 1000]) {
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const messages = [];
    for await (const message of parseEvents(chunks())) if (message.data) messages.push(message);
    t.deepEqual(messages, [
      { id: 'a.1', type: 'reset', data: '{"reason":"start"}' },
      { id: 'a.2', type: 'x', data: '"größe →"' },
    ]);
  }
});

test('events: after a break the stream goes on behind the last event; stopped, it asks no more', async (t) => {
  const asked: (string | undefined)[] = [];
  let done: (last: string | undefined) => void;
  const asThird = new Promise<string | undefined>((resolve) => {
    done = resolve;
  });
  const send: typeof fetch = async (_, init) => {
    asked.push(new Headers(init?.headers).get('last-event-id') ?? undefined);
    if (asked.length === 2) throw new TypeError('network');
    if (asked.length === 3) done(asked[2]);
    return new Response(STREAM);
  };
  const events = new HubEvents(new ApiClient({ baseUrl: '/edge', fetch: send }), { retryMs: 1 });
  const heard: HubEvent['type'][] = [];
  events.subscribe(({ type }) => heard.push(type));
  events.start();
  t.is(await asThird, 'a.2');
  events.stop();
  t.deepEqual(asked.slice(0, 3), [undefined, 'a.2', 'a.2']);
  t.deepEqual(heard.slice(0, 2) as string[], ['reset', 'x']);
});

test('events: who is not signed in is not asked for again', async (t) => {
  let asked = 0;
  let unauthorized = () => {};
  const told = new Promise<void>((resolve) => {
    unauthorized = resolve;
  });
  const send: typeof fetch = async () => {
    asked += 1;
    return Response.json({ code: 'unauthorized' }, { status: 401 });
  };
  const client = new ApiClient({ baseUrl: '/edge', fetch: send, onUnauthorized: unauthorized });
  const events = new HubEvents(client, { retryMs: 0 });
  events.start();
  t.teardown(() => events.stop());
  await told;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.is(asked, 1);
});
