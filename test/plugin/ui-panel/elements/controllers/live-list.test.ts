import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { HubTime } from '../../../../../plugin/ui-panel/api/hub-time.js';
import { makeList } from './make-list.js';

test('live list: lists once, and again after events that affect it; many together cause one refresh', async (t) => {
  const { list, calls, emit, untilCall, untilUpdate } = makeList();
  list.hostConnected();
  t.teardown(() => list.hostDisconnected());
  t.is(list.rows, null);
  let updated = untilUpdate();
  calls[0]?.resolve(['a']);
  await updated;
  t.deepEqual([list.rows, calls.length], [['a'], 1]);
  emit('image');
  for (let n = 0; n < 50; n++) emit('container');
  await untilCall(2);
  updated = untilUpdate();
  calls[1]?.reject(new Error('The engine does not answer'));
  await updated;
  t.deepEqual([list.rows, list.error?.message], [['a'], 'The engine does not answer']);
});

test('live list: refreshes during a call cause one more call after it', async (t) => {
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

test('live list: removed from the page, it is not subscribed, and a late response changes nothing', async (t) => {
  const { list, host, calls, isSubscribed } = makeList();
  list.hostConnected();
  t.true(isSubscribed());
  list.hostDisconnected();
  calls[0]?.resolve(['late']);
  await new Promise(setImmediate);
  t.deepEqual([isSubscribed(), host.updates], [false, 0]);
});

test('live list: inserted again during the first call, it lists again', async (t) => {
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

test('live list: a snapshot causes no calls', (t) => {
  const { list, host, calls } = makeList();
  const snapshot = { containers: [{ id: 'a' }] } as unknown as SnapshotView;
  host.source = { snapshot, hubTime: new HubTime() };
  list.hostConnected();
  t.deepEqual([list.rows, calls.length], [['a'], 0]);
});

test('live list: a kind without events is polled while it is in the page', async (t) => {
  const { list, calls, untilCall } = makeList({ pollMs: (rows) => (rows.length > 0 ? 1 : 3_600_000) });
  list.hostConnected();
  await untilCall(1);
  calls[0]?.resolve(['a']);
  await untilCall(2);
  list.hostDisconnected();
  calls[1]?.resolve(['b']);
  t.deepEqual([list.rows, calls.length], [['a'], 2]);
});
