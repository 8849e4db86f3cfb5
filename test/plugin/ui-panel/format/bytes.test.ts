import test from 'ava';
import { bytes } from '../../../../plugin/ui-panel/format/bytes.js';

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

for (const [count, text] of sizes)
  test(`bytes: ${count} is ${text}`, (t) => {
    t.is(bytes(count), text);
  });
