import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { type ListQuery, parseListQuery } from '../../../../../plugin/server-hooks/views/list/query.js';
import { idsOf, listSetup } from './list-setup.js';

test('list: names are sorted as people do, in any script, and in both directions', async (t) => {
  const { add, list } = listSetup();
  const names = ['depot 10', 'Zoo', 'depot 9', 'Äpfel', 'apfel', 'Depot 9', '東京', 'zoo 2'];
  for (const [index, name] of names.entries()) add(index + 1, { name });
  const sorted = ['apfel', 'Äpfel', 'depot 9', 'Depot 9', 'depot 10', 'Zoo', 'zoo 2', '東京'];
  const page = await list({ sort: 'name' });
  t.deepEqual(
    page.items.map(({ name }) => name),
    sorted,
  );
  t.deepEqual(
    (await list({ sort: 'name', descending: true })).items.map(({ name }) => name),
    sorted.toReversed(),
  );
  t.like(page, { total: names.length, nextCursor: null });
});

test('list: a search matches all its words in name, tags and Edge ID, and an id as a whole', async (t) => {
  const { add, list } = listSetup();
  add(1, { name: 'Depot Nord', tags: ['shop'], edgeId: 'aaaa-1' });
  add(12, { name: 'Depot Süd', tags: ['Lager'], edgeId: 'bbbb-2' });
  const found = async (text: string) =>
    idsOf(await list(parseListQuery({ search: text, sort: 'id', limit: 100, offset: 0 })));
  t.deepEqual(await found('depot'), [1, 12]);
  t.deepEqual(await found('  SU\u0308D  lager '), [12]);
  t.deepEqual(await found('nord lager'), []);
  t.deepEqual(await found('BBBB-2'), [12]);
  t.deepEqual(await found('12'), [12]);
  t.deepEqual(await found(''), [1, 12]);
  t.is((await list({ terms: ['missing'] })).total, 0);
});

test('list: an environment needs all given tags and one of the given statuses', async (t) => {
  const { add, recordCheckIn, list } = listSetup();
  add(1, { tags: ['a', 'b'] });
  add(2, { tags: ['a'], instances: [] });
  add(3, { tags: ['b', 'a'] });
  recordCheckIn(1);
  recordCheckIn(3, 'down');
  t.deepEqual(idsOf(await list({ tags: ['a', 'b'] })), [1, 3]);
  t.deepEqual(idsOf(await list({ tags: ['A'] })), []);
  t.deepEqual(idsOf(await list({ statuses: ['online', 'new'] })), [1, 2]);
  t.deepEqual(idsOf(await list({ sort: 'status' })), [3, 2, 1]);
});

test('list: environments a caller may not see are neither shown nor counted', async (t) => {
  const { add, list } = listSetup();
  for (const id of [1, 2, 3]) add(id);
  t.like(await list({}, (id) => id === 2), { items: [{ id: 2 }], total: 1, nextCursor: null });
});

test('list: is sorted by last check-in, environments without one first', async (t) => {
  const { clock, add, recordCheckIn, list } = listSetup();
  for (const id of [1, 2, 3]) add(id);
  recordCheckIn(2);
  clock.advance(1_000);
  recordCheckIn(1);
  t.deepEqual(idsOf(await list({ sort: 'lastCheckInAt' })), [3, 2, 1]);
});

test('list: a cursor that is broken, or of another list, is refused', async (t) => {
  const { add, list } = listSetup();
  for (const id of [1, 2, 3]) add(id);
  const { nextCursor: cursor } = await list({ limit: 1 });
  t.truthy(cursor);
  t.deepEqual(idsOf(await list({ cursor, limit: 2 })), [2, 3], 'the size of a page is no part of it');
  const foreign: Partial<ListQuery>[] = [
    { cursor, sort: 'name' },
    { cursor, descending: true },
    { cursor, terms: ['a'] },
    { cursor, tags: ['a'] },
    { cursor, statuses: ['new'] },
    ...['', 'x', '%00', 'W10', `${cursor}x`, Buffer.from('[1,2,3]').toString('base64url')].map((broken) => ({
      cursor: broken,
    })),
  ];
  for (const query of foreign) {
    await t.throwsAsync(list(query), { code: 'cursor-invalid' }, JSON.stringify(query));
  }
});

test('list: can start at any position, in each order, and continue from there', async (t) => {
  const { add, recordCheckIn, list } = listSetup();
  for (let id = 1; id <= 50; id++) {
    add(id, { name: `depot ${(id * 7) % 50}` });
    if (id % 3 === 0) recordCheckIn(id);
  }
  for (const sort of ['id', 'name', 'createdAt', 'lastCheckInAt', 'status'] as const) {
    for (const descending of [false, true]) {
      const whole = idsOf(await list({ sort, descending }));
      for (const offset of [0, 1, 17, 45, 49, 50, 1_000_000]) {
        const page = await list({ sort, descending, offset, limit: 5 });
        t.deepEqual(idsOf(page), whole.slice(offset, offset + 5), `${sort} ${offset}`);
        t.is(page.total, 50);
        t.is(page.nextCursor === null, offset + 5 >= 50);
        const { nextCursor: cursor } = page;
        if (cursor === null) continue;
        t.deepEqual(idsOf(await list({ sort, descending, cursor })), whole.slice(offset + 5));
      }
    }
  }
});

test('list: yields while many environments are evaluated', async (t) => {
  const { add, list } = listSetup();
  for (let id = 1; id <= 5_000; id++) add(id);
  let turns = 0;
  let isListed = false;
  const counted = (async () => {
    for (; !isListed; turns++) await turn();
  })();
  t.is((await list({ sort: 'status', limit: 1 })).total, 5_000);
  isListed = true;
  await counted;
  t.true(turns >= 9, 'one turn for 500 of them');
});

test('list: a new name moves an environment, and an array being iterated stays unchanged', (t) => {
  const { add, store, directory } = listSetup();
  add(1, { name: 'a' });
  add(2, { name: 'b' });
  const before = directory.byName;
  add(1, { name: 'c' });
  void store.remove(3);
  add(3, { name: 'A' });
  t.deepEqual(
    before.map(({ id }) => id),
    [1, 2],
  );
  t.deepEqual(
    directory.byName.map(({ id }) => id),
    [3, 2, 1],
  );
  void store.remove(2);
  t.deepEqual(
    directory.byId.map(({ id }) => id),
    [1, 3],
  );
});
