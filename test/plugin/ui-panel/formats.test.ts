import test from 'ava';
import { bytes } from '../../../plugin/ui-panel/bytes.js';
import { dateTime } from '../../../plugin/ui-panel/date-time.js';

const sizes: [number | null, string][] = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [4_261_502, '4.26 MB'],
  [999_400, '999 KB'],
  [999_500, '1 MB'],
  [105_900_000, '106 MB'],
  [2 ** 40, '1.1 TB'],
  [5e21, '5000000 PB'],
  [-1, 'unknown'],
  [Number.NaN, 'unknown'],
  [Number.POSITIVE_INFINITY, 'unknown'],
  [null, 'unknown'],
];

for (const [count, words] of sizes)
  test(`bytes: ${count} is ${words}`, (t) => {
    t.is(bytes(count), words);
  });

test('date time: is that of the wall clock, with two digits each', (t) => {
  t.is(dateTime(new Date(2026, 0, 2, 3, 4, 5).getTime()), '2026-01-02 03:04:05');
  t.is(dateTime(new Date(2026, 10, 23, 20, 57, 19).getTime()), '2026-11-23 20:57:19');
});

test('date time: what is no time is unknown', (t) => {
  for (const ms of [0, Date.parse('0001-01-01T00:00:00Z'), Number.NaN, 1e300])
    t.is(dateTime(ms), 'unknown', String(ms));
});
