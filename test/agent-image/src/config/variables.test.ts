import test from 'ava';
import { parseDuration } from '../../../../agent-image/src/config/variables.js';

const durations: [string, number | null][] = [
  ['300', 300_000],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1h30m', 5_400_000],
  ['1h1s', 3_601_000],
  ['0', 0],
  ['', null],
  ['m', null],
  ['5 m', null],
  ['-5m', null],
  ['1.5h', null],
  ['5m30', null],
  ['30s5m', null],
  ['5ms', null],
  ['1e3', null],
  ['99999999999999999999', null],
];

for (const [value, expected] of durations) {
  test(`duration: ${JSON.stringify(value)} is ${expected === null ? 'none' : `${expected} ms`}`, (t) => {
    t.is(parseDuration(value), expected);
  });
}
