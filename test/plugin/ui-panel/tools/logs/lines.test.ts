import test from 'ava';
import type { LogLine } from '../../../../../plugin/ui-panel/tools/logs/decoder.js';
import { allLines, LogLines, matchingLines } from '../../../../../plugin/ui-panel/tools/logs/lines.js';

const line = (text: string, time = '', task = ''): LogLine => ({
  text,
  time,
  task,
  isError: false,
  isMore: false,
});
const numbered = (from: number, end: number) =>
  Array.from({ length: end - from }, (_, index) => line(`line ${from + index}`));

test('log lines: keep the last ones with their numbers, and the number of dropped ones', (t) => {
  const lines = new LogLines();
  lines.add(numbered(0, 1_000));
  t.false(lines.isOver(1_000));
  lines.trim(1_000);
  t.is(lines.first, 0);
  lines.add(numbered(1_000, 1_001));
  t.true(lines.isOver(1_000));
  lines.trim(1_000);
  t.deepEqual([lines.first, lines.end], [101, 1_001]);
  t.is(lines.at(lines.first)?.text, 'line 101');
  t.is(lines.at(1_000)?.text, 'line 1000');
  t.is(lines.at(100), undefined);
  lines.add(numbered(1_001, 1_003).map(({ text }) => line(text.padEnd(5_000_000, '.'))));
  t.true(lines.isOver(1_000), 'few lines may be much');
  lines.trim(1_000);
  t.deepEqual([lines.first, lines.end], [1_002, 1_003]);
});

test('log lines: all with the unfinished ones, or only matching ones', (t) => {
  const lines = new LogLines();
  lines.add(numbered(0, 20));
  lines.trim(10);
  const all = allLines(lines, [line('grows')]);
  t.is(all.length, 10);
  t.deepEqual([all.at(0)?.number, all.at(9)?.line.text, all.at(10)], [11, 'grows', undefined]);
  t.deepEqual([all.indexOf(12), all.indexOf(3)], [1, 0]);
  const some = matchingLines(lines, [12, 15]);
  t.deepEqual([some.length, some.at(1)?.line.text, some.indexOf(13), some.indexOf(16)], [2, 'line 15', 1, 2]);
});
