import test from 'ava';
import { windowOf } from '../../../../plugin/ui-panel/views/list-window.js';

test('list window: the visible rows and a few more, at any scroll position', (t) => {
  const at = (scrollTop: number, count = 15_000) =>
    windowOf(count, { scrollTop, height: 600, rowHeight: 60 }, 5);
  t.deepEqual(at(0), { first: 0, end: 15, above: 0, below: 14_985 * 60 });
  t.deepEqual(at(6_030), { first: 95, end: 116, above: 95 * 60, below: 14_884 * 60 });
  t.deepEqual(at(15_000 * 60 - 600), { first: 14_985, end: 15_000, above: 14_985 * 60, below: 0 });
  t.deepEqual(at(0, 0), { first: 0, end: 0, above: 0, below: 0 });
  // A list that shrank under the scroll bar, and one scrolled beyond its start.
  t.deepEqual(at(90_000, 3), { first: 3, end: 3, above: 180, below: 0 });
  t.deepEqual(at(-50, 3), { first: 0, end: 3, above: 0, below: 0 });
});
