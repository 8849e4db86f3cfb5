import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { ApiClient } from '../../../../../plugin/ui-panel/api/client.js';
import { HubTime } from '../../../../../plugin/ui-panel/api/hub-time.js';
import {
  LiveList,
  type LiveListOptions,
} from '../../../../../plugin/ui-panel/elements/controllers/live-list.js';
import { EngineClient } from '../../../../../plugin/ui-panel/engine/client.js';
import { EngineFeed, type FeedListener } from '../../../../../plugin/ui-panel/engine/feed.js';
import type { EngineSource } from '../../../../../plugin/ui-panel/engine/source.js';
import { type Deferred, defer } from '../../../../kit/deferred.js';

/** A list of a live engine: `tell` is its feed, each call of `list` is answered by hand. */
function makeList(more: Pick<LiveListOptions<string>, 'againMs'> = {}) {
  const calls: Deferred<readonly string[]>[] = [];
  let onCall = () => {};
  let listener: FeedListener | null = null;
  const engine = new EngineClient(new ApiClient({ baseUrl: '/edge' }), 5);
  const feed = new EngineFeed(engine, () => {});
  feed.subscribe = (heard) => {
    listener = heard;
    return () => {
      listener = null;
    };
  };
  let onUpdate = () => {};
  const host = {
    source: { engine, feed } as EngineSource,
    updates: 0,
    updateComplete: Promise.resolve(true),
    addController: () => {},
    removeController: () => {},
    requestUpdate: () => {
      host.updates += 1;
      onUpdate();
    },
  };
  const list = new LiveList<string>(host, {
    types: ['container'],
    list: () => {
      const answer = defer<readonly string[]>();
      calls.push(answer);
      onCall();
      return answer.promise;
    },
    ofSnapshot: ({ containers }) => containers.map(({ id }) => id),
    ...more,
  });
  const tell = (type: string) =>
    listener?.({ number: 0, type, action: 'start', id: '', name: '', detail: '', timeMs: 0 });
  const untilCall = (count: number) =>
    new Promise<void>((resolve) => {
      onCall = () => calls.length >= count && resolve();
      onCall();
    });
  const untilUpdate = () =>
    new Promise<void>((resolve) => {
      onUpdate = resolve;
    });
  return { list, host, calls, tell, untilCall, untilUpdate, isHeard: () => listener !== null };
}

test('live list: lists once, and anew at events of its types; many together are one reason', async (t) => {
  const { list, calls, tell, untilCall, untilUpdate } = makeList();
  list.hostConnected();
  t.teardown(() => list.hostDisconnected());
  t.is(list.rows, null);
  let updated = untilUpdate();
  calls[0]?.resolve(['a']);
  await updated;
  t.deepEqual([list.rows, calls.length], [['a'], 1]);
  tell('image');
  for (let n = 0; n < 50; n++) tell('container');
  await untilCall(2);
  updated = untilUpdate();
  calls[1]?.reject(new Error('The engine does not answer'));
  await updated;
  t.deepEqual([list.rows, list.error?.message], [['a'], 'The engine does not answer']);
});

test('live list: what happens while it is listed is a reason to list once more, and only then', async (t) => {
  const { list, calls, untilCall } = makeList();
  list.hostConnected();
  t.teardown(() => list.hostDisconnected());
  await list.refresh();
  await list.refresh();
  t.is(calls.length, 1);
  calls[0]?.resolve(['old']);
  await untilCall(2);
  calls[1]?.resolve(['new']);
  await calls[1]?.promise;
  await new Promise(setImmediate);
  t.deepEqual([list.rows, calls.length], [['new'], 2]);
});

test('live list: taken out, it hears nothing, and an answer that comes late changes nothing', async (t) => {
  const { list, host, calls, isHeard } = makeList();
  list.hostConnected();
  t.true(isHeard());
  list.hostDisconnected();
  calls[0]?.resolve(['late']);
  await new Promise(setImmediate);
  t.deepEqual([isHeard(), host.updates], [false, 0]);
});

test('live list: put in again while the first call is under way, it lists', async (t) => {
  const { list, calls, untilCall, untilUpdate } = makeList();
  list.hostConnected();
  list.hostDisconnected();
  list.hostConnected();
  t.teardown(() => list.hostDisconnected());
  await untilCall(2);
  const updated = untilUpdate();
  calls[1]?.resolve(['a']);
  await updated;
  calls[0]?.resolve(['stale']);
  await new Promise(setImmediate);
  t.deepEqual(list.rows, ['a']);
});

test('live list: a snapshot is asked for nothing', (t) => {
  const { list, host, calls } = makeList();
  const snapshot = { containers: [{ id: 'a' }] } as unknown as SnapshotView;
  host.source = { snapshot, hubTime: new HubTime() };
  list.hostConnected();
  t.deepEqual([list.rows, calls.length], [['a'], 0]);
});

test('live list: what has no events is listed again for as long as it is in the page', async (t) => {
  const { list, calls, untilCall } = makeList({ againMs: (rows) => (rows.length > 0 ? 1 : 3_600_000) });
  list.hostConnected();
  await untilCall(1);
  calls[0]?.resolve(['a']);
  await untilCall(2);
  list.hostDisconnected();
  calls[1]?.resolve(['b']);
  t.deepEqual([list.rows, calls.length], [['a'], 2]);
});
