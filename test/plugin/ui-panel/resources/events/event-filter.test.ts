import test from 'ava';
import { findEvents, typesOf } from '../../../../../plugin/ui-panel/resources/events/event-filter.js';

const event = (number: number, type: string, name: string, detail = '') => ({
  number,
  type,
  name,
  detail,
  action: 'start',
  id: 'c1',
  timeMs: 0,
});

test('events: newest first, by type and by text, at most the limit', (t) => {
  const all = [
    event(1, 'container', 'Web-1'),
    event(2, 'image', 'web:1'),
    event(3, 'container', 'db', 'image web:1'),
  ];
  const found = (type: string, search: string, limit = 9) =>
    findEvents(all, { type, search }, limit).map(({ number }) => number);
  t.deepEqual(found('', ''), [3, 2, 1]);
  t.deepEqual(found('container', ''), [3, 1]);
  t.deepEqual(found('', ' WEB '), [3, 2, 1]);
  t.deepEqual(found('container', 'web-1'), [1]);
  t.deepEqual(found('', '', 2), [3, 2]);
  t.deepEqual(typesOf(all), ['container', 'image']);
});
