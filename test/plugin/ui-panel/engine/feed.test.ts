import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { EngineClient } from '../../../../plugin/ui-panel/engine/client.js';
import { EngineFeed } from '../../../../plugin/ui-panel/engine/feed.js';
import type { EngineEvent } from '../../../../plugin/ui-panel/engine/model/event.js';
import { defer } from '../../../kit/deferred.js';

/** A feed, and the engine's end of it. */
function makeFeed() {
  let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isCancelled = false;
  const asked: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      writer = controller;
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  const send: typeof fetch = async (url, init) => {
    asked.push(String(url));
    init?.signal?.addEventListener('abort', () => writer?.error(init.signal?.reason));
    return new Response(body);
  };
  const ended = defer();
  const engine = new EngineClient(new ApiClient({ baseUrl: '/edge', fetch: send }), 5, 'a/b');
  const feed = new EngineFeed(engine, ended.resolve);
  const write = (value: unknown) => writer?.enqueue(Buffer.from(`${JSON.stringify(value)}\n`));
  const untilReceived = (count: number) =>
    new Promise<EngineEvent[]>((resolve) => {
      const received: EngineEvent[] = [];
      feed.subscribe((event) => received.push(event) === count && resolve(received));
    });
  return {
    feed,
    asked,
    ended,
    write,
    untilReceived,
    end: () => writer?.close(),
    isCancelled: () => isCancelled,
  };
}

const start = (name: string, Action = 'start') => ({
  Type: 'container',
  Action,
  Actor: { ID: 'c1', Attributes: { name, image: 'web:1', exitCode: '137', 'org.secret': 'x' } },
  time: 5,
  timeNano: 5_250_000_000,
});

test('engine feed: publishes events, and keeps the last 500', async (t) => {
  const { feed, asked, write, untilReceived, ended, end } = makeFeed();
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  await feed.start();
  const [path, query] = asked[0]?.split('?') ?? [];
  t.is(path, '/edge/api/environments/5/nodes/a%2Fb/docker/events');
  const since = Number(new URLSearchParams(query).get('since'));
  t.true(
    since >= hourAgo && since <= Date.now() / 1000 - 3600,
    'what happened in the past hour is asked for',
  );
  const received = untilReceived(600);
  for (const value of [null, 7, { Type: 'container' }, start('x', 'exec_start: sh'), { Type: {}, Action: 1 }])
    write(value);
  for (let n = 1; n <= 600; n++) write(start(`web-${n}`));
  t.deepEqual((await received)[0], {
    number: 0,
    type: 'container',
    action: 'start',
    id: 'c1',
    name: 'web-1',
    detail: 'image web:1, exitCode 137',
    timeMs: 5_250,
  });
  t.is(feed.recent.length, 500);
  t.deepEqual([feed.recent[0]?.name, feed.recent.at(-1)?.number], ['web-101', 599]);
  end();
  await t.notThrowsAsync(ended.promise);
});

test('engine feed: mistyped fields are no event, or are empty', async (t) => {
  const { feed, write, untilReceived } = makeFeed();
  t.teardown(() => feed.stop());
  await feed.start();
  const received = untilReceived(1);
  write({
    Type: 'image',
    Action: 'pull',
    Actor: { ID: 7, Attributes: { name: {}, image: 1 } },
    timeNano: 'x',
  });
  t.like((await received)[0], { id: '', name: '', detail: '', timeMs: 0 });
});

test('engine feed: after stop() no events and no end follow', async (t) => {
  const { feed, write, untilReceived, ended } = makeFeed();
  await feed.start();
  const received = untilReceived(1);
  write(start('web'));
  await received;
  let isEnd = false;
  void ended.promise.then(() => {
    isEnd = true;
  });
  feed.stop();
  feed.stop();
  await new Promise(setImmediate);
  t.false(isEnd);
});

test('engine feed: started again after its end, it resumes after the last event', async (t) => {
  const line = (name: string, ms: number) => `${JSON.stringify({ ...start(name), timeNano: ms * 1e6 })}\n`;
  const bodies = [line('a', 5_250), line('a', 5_250) + line('b', 6_000)];
  const asked: URLSearchParams[] = [];
  const send: typeof fetch = async (url) => {
    asked.push(new URL(String(url), 'https://hub').searchParams);
    return new Response(bodies.shift());
  };
  let onEnd = () => {};
  const feed = new EngineFeed(new EngineClient(new ApiClient({ baseUrl: '/edge', fetch: send }), 5), () =>
    onEnd(),
  );
  for (const names of [['a'], ['a', 'b']]) {
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    await feed.start();
    await ended;
    t.deepEqual(
      feed.recent.map(({ name }) => name),
      names,
    );
  }
  t.is(asked[1]?.get('since'), '5.250');
});
