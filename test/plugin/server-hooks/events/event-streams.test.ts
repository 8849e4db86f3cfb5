import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { EventLog, type UnloggedEvent } from '../../../../plugin/server-hooks/events/event-log.js';
import type { Visibility } from '../../../../plugin/server-hooks/events/event-stream.js';
import { EventStreams, type Subscription } from '../../../../plugin/server-hooks/events/event-streams.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { readEvents } from '../../../kit/hub/read-events.js';

const removed = (id: number, name = 'one'): UnloggedEvent => ({
  type: 'environment-removed',
  subject: id,
  data: { at: '2030-01-01T00:00:00.000Z', id, name },
});
const everything: Visibility = () => true;

function setup(maxEvents = 100) {
  const clock = new FakeClock();
  const log = new EventLog({ bootId: 'boot', maxEvents });
  const checkIns = new Map<number, number>();
  const lastCheckInAtMs = (id: number) => checkIns.get(id) ?? null;
  const streams = new EventStreams({ log, clock, lastCheckInAtMs });
  streams.start();
  const open = (options: Partial<Subscription> = {}) =>
    streams.open({
      principalId: 'admin',
      visibility: everything,
      lastEventId: null,
      renew: async () => everything,
      ...options,
    });
  return { clock, log, checkIns, streams, open };
}

/** What has arrived so far, and later. */
function follow(stream: Readable): () => Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return async () => {
    await turn();
    await turn();
    return text;
  };
}

const briefly = (text: string) =>
  readEvents(text).map(({ type, data }) => (type === 'reset' ? data : (data as { id: number }).id));

test('events: a new stream starts with a reset, followed by events as they happen', async (t) => {
  const { log, open } = setup();
  log.append([removed(1)]);
  const text = follow(open());
  log.append([removed(2), removed(3)]);
  t.deepEqual(briefly(await text()), [{ reason: 'start' }, 2, 3]);
  t.regex(await text(), /^retry: 3000\n\nid: boot\.1\nevent: reset\n/);
});

test('events: a client that reconnects gets what it missed, and nothing twice', async (t) => {
  const { log, open } = setup();
  log.append([1, 2, 3].map((id) => removed(id)));
  t.deepEqual(briefly(await follow(open({ lastEventId: 'boot.1' }))()), [2, 3]);
  t.deepEqual(briefly(await follow(open({ lastEventId: 'boot.3' }))()), []);
});

test('events: a client that reconnects too late, after a restart, or with a foreign id gets a reset', async (t) => {
  const { log, open } = setup(2);
  log.append([1, 2, 3, 4].map((id) => removed(id)));
  t.deepEqual(briefly(await follow(open({ lastEventId: 'boot.1' }))()), [{ reason: 'gap' }]);
  t.deepEqual(briefly(await follow(open({ lastEventId: 'boot.2' }))()), [3, 4], 'just in time');
  for (const lastEventId of ['older.4', 'nonsense', 'boot.5']) {
    t.deepEqual(briefly(await follow(open({ lastEventId }))()), [{ reason: 'restart' }], lastEventId);
  }
});

test('events: each caller gets what they may see, and comments with the numbers of the rest', async (t) => {
  const { clock, log, open } = setup();
  const visibility: Visibility = (subject) => subject === 2;
  const text = follow(open({ visibility, renew: async () => visibility, lastEventId: 'boot.0' }));
  log.append([1, 2, 3].map((id) => removed(id)));
  t.deepEqual(briefly(await text()), [2]);
  for (const _ of [5, 10, 15]) {
    clock.advance(5_000);
    await turn();
  }
  t.true((await text()).endsWith(': still here\nid: boot.3\n\n'));
});

test('events: a slow reader blocks no other, holds little memory, falls behind and gets a reset', async (t) => {
  const { log, open } = setup();
  const [slow, fast] = [open(), open()];
  const text = follow(fast);
  for (let id = 1; id <= 1_000; id++) {
    log.append([removed(id, 'x'.repeat(1_000))]);
    await turn();
  }
  t.is(briefly(await text()).length, 1_001);
  t.true(slow.readableLength < 64 * 1024);
  const late = briefly(await follow(slow)());
  const resets = late.filter((event) => typeof event === 'object');
  t.deepEqual(resets, [{ reason: 'start' }, { reason: 'gap' }]);
  t.deepEqual(late.at(-1), { reason: 'gap' });
});

test('events: a client that reads nothing for 30 s is dropped', async (t) => {
  const { clock, streams, open } = setup();
  const [stalled, live] = [open(), open()];
  const text = follow(live);
  await text();
  const closed = once(stalled, 'close');
  for (const _ of [1, 2, 3, 4, 5, 6]) {
    clock.advance(5_000);
    await turn();
  }
  t.false(stalled.destroyed, 'it has 30 s from the first check');
  clock.advance(5_000);
  await closed;
  t.false(live.destroyed);
  t.is(streams.size, 1);
});

test('events: a stream ends within 5 s when its caller loses access or the host does not answer', async (t) => {
  const { clock, log, streams, open } = setup();
  let isAllowed = true;
  const renew = async () => {
    if (isAllowed) return everything;
    throw new Error('revoked');
  };
  const ended = open({ renew });
  const silent = open({ renew: () => new Promise(() => undefined) });
  const texts = [follow(ended), follow(silent)];
  clock.advance(5_000);
  await turn();
  t.false(ended.readableEnded);
  isAllowed = false;
  clock.advance(5_000);
  for (const text of texts) await text();
  t.true(ended.readableEnded);
  t.true(silent.readableEnded, 'the second check started before the first was answered');
  log.append([removed(1)]);
  for (const text of texts) t.deepEqual(briefly(await text()), [{ reason: 'start' }]);
  t.is(streams.size, 0);
});

test('events: a caller’s access can shrink while the stream is open', async (t) => {
  const { clock, log, open } = setup();
  const text = follow(open({ renew: async () => (subject) => subject === 2 }));
  log.append([removed(1)]);
  clock.advance(5_000);
  await turn();
  log.append([removed(1), removed(2)]);
  t.deepEqual(briefly(await text()), [{ reason: 'start' }, 1, 2]);
});

test('events: a failing access check of the host ends that stream, and no other', async (t) => {
  const { log, open } = setup();
  const failing = open({
    visibility: () => {
      throw new Error('the host is broken');
    },
  });
  const closed = once(failing, 'close');
  const texts = [follow(failing), follow(open())] as const;
  for (const text of texts) await text();
  log.append([removed(1)]);
  await closed;
  t.deepEqual(briefly(await texts[1]()), [{ reason: 'start' }, 1]);
});

/** The check-ins among the events, as `id@ms`. */
const checkInsIn = (text: string) =>
  readEvents(text)
    .filter(({ type }) => type === 'environment-changed')
    .map(({ data }) => {
      const { id, changes } = data as { id: number; changes: { lastCheckInAt: string } };
      return `${id}@${Date.parse(changes.lastCheckInAt)}`;
    });

test('events: check-ins of watched environments are sent every 5 s at most, without a number', async (t) => {
  const { clock, log, checkIns, open } = setup();
  const visibility: Visibility = (subject) => subject !== 3;
  const text = follow(open({ visibility, renew: async () => visibility, watch: [1, 2, 3, 99] }));
  const other = follow(open());
  for (const ids of [[1, 3, 4], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2], []]) {
    for (const id of ids) checkIns.set(id, clock.monotonic());
    clock.advance(1_000);
    await text();
  }
  log.append([removed(1)]);
  t.deepEqual(checkInsIn(await text()), ['1@1000', '2@2000', '1@6000', '2@6000']);
  t.deepEqual(checkInsIn(await other()), []);
  t.deepEqual([...(await text()).matchAll(/^id: .*$/gm)].flat(), ['id: boot.0', 'id: boot.1']);
});

test('events: no check-ins are buffered for a client that does not read; later it gets the latest', async (t) => {
  const { clock, checkIns, open } = setup();
  const watch = Array.from({ length: 100 }, (_, index) => index + 1);
  const stream = open({ watch });
  for (let count = 0; count < 28; count++) {
    for (const id of watch) checkIns.set(id, clock.monotonic());
    clock.advance(1_000);
    await turn();
  }
  t.true(stream.readableLength < 32 * 1024);
  const text = follow(stream);
  await text();
  clock.advance(1_000);
  t.is(checkInsIn(await text()).at(-1), `100@${clock.monotonic() - 2_000}`);
});

test('events: streams are limited per caller and in total, and a stream that ends makes room', async (t) => {
  const { streams, open } = setup();
  const first = open();
  for (let count = 1; count < 32; count++) open();
  t.throws(() => open(), { code: 'too-many-event-streams' });
  for (let count = 32; count < 256; count++) open({ principalId: `token:${count % 16}` });
  t.throws(() => open({ principalId: 'token:new' }), { code: 'too-many-event-streams' });
  first.destroy();
  await once(first, 'close');
  t.notThrows(() => open());
  streams.stop();
});

test('events: a hub that stops ends all streams and leaves no timer', async (t) => {
  const { clock, streams, open } = setup();
  const stream = open();
  const text = follow(stream);
  await text();
  streams.stop();
  streams.stop();
  await text();
  t.true(stream.readableEnded);
  t.is(clock.pending, 0);
});

test('events: a stream ends when the credentials of its caller do, while the clock does not move', async (t) => {
  const { streams, open } = setup();
  const ended = new AbortController();
  const [own, other] = [open({ ended: ended.signal }), open()];
  const text = follow(own);
  follow(other);
  await text();
  const closed = once(own, 'close');
  ended.abort();
  await closed;
  t.true(own.readableEnded);
  t.is(streams.size, 1);
});
