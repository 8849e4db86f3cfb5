import test from 'ava';
import { DueIds } from '../../../../plugin/server-hooks/events/due-ids.js';

test('due ids: an id is due once, at the first tick that is not before its time', (t) => {
  const due = new DueIds(100, 1_000);
  due.add(1, 1_201);
  due.add(2, 1_200);
  t.deepEqual(due.take(1_199), []);
  t.deepEqual(due.take(1_200), [2]);
  t.deepEqual(due.take(1_299), []);
  t.deepEqual(due.take(1_300), [1]);
  t.deepEqual(due.take(10_000), []);
});

test('due ids: of two times the earlier counts, in either order', (t) => {
  const due = new DueIds(100, 0);
  due.add(1, 5_000);
  due.add(1, 300);
  due.add(2, 300);
  due.add(2, 5_000);
  t.deepEqual(due.take(300), [1, 2]);
  due.add(2, 6_000);
  t.deepEqual(due.take(5_900), [], 'the earlier entry of 1 is void');
  t.deepEqual(due.take(6_000), [2]);
});

test('due ids: a time in the past is due at the next tick; none is lost over a pause', (t) => {
  const due = new DueIds(100, 0);
  due.take(50_000);
  due.add(1, 0);
  due.add(2, 90_000);
  t.deepEqual(due.take(50_100), [1]);
  t.deepEqual(due.take(1_000_000), [2]);
});
