import test from 'ava';
import { FairPlaces } from '../../../../plugin/server-hooks/model/fair-places.js';
import { networkOf } from '../../../../protocol/network/network-of.js';
import { seededRandom } from '../../../kit/seeded-random.js';

function setup(total: number, perNetwork: number) {
  const evicted: string[] = [];
  const places = new FairPlaces<string>({ total, perNetwork, evict: (item) => evicted.push(item) });
  return { places, evicted };
}

test('fair places: a full network evicts its own oldest, and no other’s', (t) => {
  const { places, evicted } = setup(10, 2);
  places.enter('192.0.2.1', 'other');
  for (const item of ['a', 'b', 'c', 'd']) places.enter('192.0.2.2', item);
  t.deepEqual(evicted, ['a', 'b']);
  t.deepEqual([...places], ['other', 'c', 'd']);
});

test('fair places: when none are left, the oldest of the fullest network is evicted', (t) => {
  const { places, evicted } = setup(6, 4);
  places.enter('192.0.2.1', 'first of all');
  for (const item of ['a', 'b', 'c']) places.enter('192.0.2.2', item);
  for (const item of ['x', 'y']) places.enter('192.0.2.3', item);
  places.enter('192.0.2.4', 'newcomer');
  t.deepEqual(evicted, ['a']);
  // Two networks hold two now: the one that has waited longer loses.
  places.enter('192.0.2.5', 'another');
  t.deepEqual(evicted, ['a', 'b']);
});

test('fair places: an IPv6 site is one network however many addresses it uses', (t) => {
  const { places, evicted } = setup(4, 3);
  places.enter('2001:db8:0:2::1', 'neighbour');
  for (let n = 1; n <= 4; n++) places.enter(`2001:db8:0:1::${n}`, `site ${n}`);
  t.deepEqual(evicted, ['site 1']);
  t.is(networkOf('2001:db8:0:1:ffff::9'), networkOf('2001:0DB8::1:0:0:0:7'));
  t.not(networkOf('2001:db8:0:1::1'), networkOf('2001:db8:0:2::1'));
  t.is(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  t.is(networkOf('fe80::1%eth0'), networkOf('fe80::2'));
});

test('fair places: each is released once', (t) => {
  const { places, evicted } = setup(2, 2);
  const leave = places.enter('192.0.2.1', 'a');
  const leaveB = places.enter('192.0.2.1', 'b');
  places.enter('192.0.2.1', 'c');
  t.deepEqual(evicted, ['a']);
  leave();
  leave();
  t.is(places.size, 2);
  leaveB();
  t.deepEqual([...places], ['c']);
});

test('fair places: in any order of arrivals the bounds hold, and the smallest network loses nothing', (t) => {
  const random = seededRandom(1);
  const held = new Map<string, Set<number>>();
  const count = (address: string) => held.get(address)?.size ?? 0;
  const places = new FairPlaces<{ address: string; id: number }>({
    total: 20,
    perNetwork: 8,
    evict: ({ address, id }) => {
      t.is(count(address), Math.max(...[...held.values()].map(({ size }) => size)));
      t.is(id, Math.min(...(held.get(address) ?? [])));
      held.get(address)?.delete(id);
    },
  });
  const leaves: (() => void)[] = [];
  for (let id = 0; id < 2_000; id++) {
    if (random.next() < 0.3) leaves.splice(random.between(0, leaves.length), 1)[0]?.();
    const address = `192.0.2.${random.between(1, 6)}`;
    const leave = places.enter(address, { address, id });
    held.set(address, (held.get(address) ?? new Set()).add(id));
    leaves.push(() => {
      held.get(address)?.delete(id);
      leave();
    });
    const sizes = [...held.values()].map(({ size }) => size);
    t.true(Math.max(...sizes) <= 8);
    t.is(
      places.size,
      sizes.reduce((sum, size) => sum + size),
    );
    t.true(places.size <= 20);
  }
});
