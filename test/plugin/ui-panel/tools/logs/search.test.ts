import test from 'ava';
import { findPattern } from '../../../../../plugin/ui-panel/format/highlight.js';
import type { LogLine } from '../../../../../plugin/ui-panel/tools/logs/decoder.js';
import { LogLines } from '../../../../../plugin/ui-panel/tools/logs/lines.js';
import { LogSearch } from '../../../../../plugin/ui-panel/tools/logs/search.js';

const line = (text: string, time = '', task = ''): LogLine => ({
  text,
  time,
  task,
  isError: false,
  isMore: false,
});

test('log search: ignores case, takes characters literally, and forgets dropped lines', (t) => {
  const lines = new LogLines();
  const search = new LogSearch(lines);
  lines.add([line('A (x)'), line('b'), line('a (X) a (x)')]);
  search.search(findPattern('a (x)'));
  t.deepEqual(search.numbers, [0, 2]);
  lines.add([line('…A (X)')]);
  search.update();
  t.deepEqual(search.numbers, [0, 2, 3]);
  t.deepEqual([search.next(-1, 1), search.next(0, 1), search.next(1, 1), search.next(3, 1)], [0, 2, 2, 0]);
  t.deepEqual([search.next(9, -1), search.next(3, -1), search.next(1, -1), search.next(0, -1)], [3, 2, 0, 3]);
  lines.trim(1);
  search.update();
  t.deepEqual(search.numbers, []);
  t.is(search.next(0, 1), null);
  search.search(findPattern(''));
  t.is(search.pattern, null);
});
