import test from 'ava';
import { backoffMs } from '../../../protocol/time/backoff.js';

const BOUNDS = { firstMs: 500, maxMs: 20_000 };

test('backoff: doubles with each failure up to its limit', (t) => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 100_000].map((failures) => backoffMs(BOUNDS, failures, () => 1));
  t.deepEqual(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

test('backoff: is spread over the whole range', (t) => {
  t.is(
    backoffMs(BOUNDS, 3, () => 0),
    0,
  );
  t.is(
    backoffMs(BOUNDS, 3, () => 0.25),
    1_000,
  );
});
