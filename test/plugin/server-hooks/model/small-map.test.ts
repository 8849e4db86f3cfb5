import test from 'ava';
import { SmallMap } from '../../../../plugin/server-hooks/model/small-map.js';

test('small map: behaves as a map, with one entry and with several', (t) => {
  const map = new SmallMap<number>();
  const expected = new Map<string, number>();
  // Pseudo-random, reproducible: up to four keys, so that one entry, none and several alternate.
  let seed = 1;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 200; round++) {
    const fresh = round % 20 === 0;
    if (fresh) for (const [key] of map.entries()) map.delete(key);
    if (fresh) expected.clear();
    const key = 'abcd'[next(round % 40 < 20 ? 1 : 4)] ?? '';
    if (next(3) === 0) {
      map.delete(key);
      expected.delete(key);
    } else {
      map.set(key, round);
      expected.set(key, round);
    }
    t.is(map.size, expected.size);
    t.deepEqual(map.entries(), [...expected]);
    t.deepEqual(map.values(), [...expected.values()]);
    for (const one of 'abcd') t.is(map.get(one), expected.get(one));
  }
});

test('small map: keeps zero, which is a value', (t) => {
  const map = new SmallMap<number>();
  map.set('a', 0);
  t.is(map.get('a'), 0);
  t.is(map.size, 1);
});

test('small map: keep deletes all other entries, and says whether there were any', (t) => {
  for (const keys of [['a'], ['a', 'b', 'c']]) {
    const map = new SmallMap<string>();
    for (const key of keys) map.set(key, key);
    t.false(map.keep(new Set(keys)));
    t.is(map.keep(new Set(['a'])), keys.length > 1);
    t.deepEqual(map.entries(), [['a', 'a']]);
    t.true(map.keep(new Set()));
    t.is(map.size, 0);
  }
});
