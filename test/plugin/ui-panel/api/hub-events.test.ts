import test from 'ava';
import type { HubEvent } from '../../../../plugin/api.js';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { HubEvents } from '../../../../plugin/ui-panel/api/hub-events.js';

const STREAM =
  'retry: 3000\n\nid: a.1\nevent: reset\ndata: {"reason":"start"}\n\n:\r\n\r\nid: a.2\nevent: x\ndata: "größe →"\n\n';

test('hub events: after a break the stream resumes after the last event; after stop() no request follows', async (t) => {
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
  const received: HubEvent['type'][] = [];
  events.subscribe(({ type }) => received.push(type));
  events.start();
  t.is(await asThird, 'a.2');
  events.stop();
  t.deepEqual(asked.slice(0, 3), [undefined, 'a.2', 'a.2']);
  t.deepEqual(received.slice(0, 2) as string[], ['reset', 'x']);
});

test('hub events: no retry after a 401', async (t) => {
  let asked = 0;
  let unauthorized = () => {};
  const reported = new Promise<void>((resolve) => {
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
  await reported;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  t.is(asked, 1);
});

test('hub events: a change of the watched environments leaves no gap: the next stream resumes after the last event', async (t) => {
  const asked: string[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  let opened = () => {};
  const send: typeof fetch = async (url, init) => {
    const lastId = new Headers(init?.headers).get('last-event-id');
    asked.push(`${new URL(String(url), 'https://hub').search} ${lastId}`);
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) });
    init?.signal?.addEventListener('abort', () => streams.at(-1)?.error(init.signal?.reason));
    opened();
    return new Response(body);
  };
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      opened = () => streams.length === count && resolve();
      opened();
    });
  const events = new HubEvents(new ApiClient({ baseUrl: '/edge', fetch: send }), { watchMs: 5 });
  t.teardown(() => events.stop());
  const received = new Promise<HubEvent>((resolve) => void events.subscribe(resolve));
  const sendNow = (text: string) => streams.at(-1)?.enqueue(Buffer.from(text));
  events.start();
  await until(1);
  sendNow(
    'id: a.7\nevent: reset\ndata: {"reason":"start"}\n\nevent: environment-changed\ndata: {"id":1}\n\n',
  );
  t.is((await received).type, 'reset');
  const ends = [events.watch([3, 1]), events.watch([2, 3])];
  await until(2);
  events.watch([3]);
  for (const end of ends) end();
  await until(3);
  t.deepEqual(asked, [' null', '?watch=1,2,3 a.7', '?watch=3 a.7']);
  events.stop();
  events.watch([9]);
});

test('hub events: reports whether the hub is reachable; start() works again after a 401', async (t) => {
  const answers = [
    () => Promise.reject(new TypeError('network')),
    async () => Response.json({ code: 'unauthorized' }, { status: 401 }),
    async () => new Response('data: {}\n\n'),
  ];
  const reported: boolean[] = [];
  let received = () => {};
  let unauthorized = () => {};
  const untilUnauthorized = new Promise<void>((resolve) => {
    unauthorized = resolve;
  });
  const untilLive = new Promise<void>((resolve) => {
    received = resolve;
  });
  const send: typeof fetch = () => (answers.shift() ?? (() => new Promise<Response>(() => {})))();
  const client = new ApiClient({ baseUrl: '/edge', fetch: send, onUnauthorized: unauthorized });
  const onLive = (isLive: boolean) => {
    reported.push(isLive);
    if (isLive) received();
  };
  const events = new HubEvents(client, { retryMs: 1, onLive });
  t.teardown(() => events.stop());
  events.start();
  await untilUnauthorized;
  await new Promise(setImmediate);
  t.deepEqual(reported, [false]);
  events.start();
  await untilLive;
  t.deepEqual(reported, [false, true]);
});
