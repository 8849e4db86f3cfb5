import test from 'ava';
import { ago, dateTime } from '../../../../plugin/ui-panel/format/time.js';

test('ago: a relative time in its largest unit', (t) => {
  const now = Date.parse('2026-01-02T03:04:05.000Z');
  const texts = [-5, 0, 4, 59, 60, 3_599, 7_200, 200_000].map((seconds) =>
    ago(new Date(now - seconds * 1000).toISOString(), now),
  );
  t.deepEqual(texts, [
    '0 s ago',
    '0 s ago',
    '4 s ago',
    '59 s ago',
    '1 min ago',
    '59 min ago',
    '2 h ago',
    '2 d ago',
  ]);
  t.is(ago(null, now), 'never');
});

test('dateTime: local time, with two digits each', (t) => {
  t.is(dateTime(new Date(2026, 0, 2, 3, 4, 5).getTime()), '2026-01-02 03:04:05');
  t.is(dateTime(new Date(2026, 10, 23, 20, 57, 19).getTime()), '2026-11-23 20:57:19');
});

test('dateTime: `unknown` if it is not a time', (t) => {
  for (const ms of [0, Date.parse('0001-01-01T00:00:00Z'), Number.NaN, 1e300])
    t.is(dateTime(ms), 'unknown', String(ms));
});
