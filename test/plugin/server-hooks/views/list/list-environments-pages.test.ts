import test from 'ava';
import fc from 'fast-check';
import type { EnvironmentStatus, EnvironmentView } from '../../../../../plugin/api.js';
import type { ListPage } from '../../../../../plugin/server-hooks/views/list/list-environments.js';
import type { ListQuery, ListSort } from '../../../../../plugin/server-hooks/views/list/query.js';
import { listSetup } from './list-setup.js';

const RANKS: Record<EnvironmentStatus, number> = { refused: 0, offline: 1, degraded: 2, new: 3, online: 4 };

const nameArbitrary = fc.string({
  unit: fc.constantFrom('a', 'B', 'b', 'ä', '1', '9', '0', ' ', '-', '東'),
  minLength: 1,
  maxLength: 5,
});
const environmentArbitrary = fc.record({
  name: nameArbitrary,
  tags: fc.subarray(['a', 'b', 'c']),
  createdAt: fc.integer({ min: 0, max: 3 }).map((n) => new Date(n * 1_000).toISOString()),
  checkIn: fc.constantFrom(null, 'up' as const, 'down' as const),
  tick: fc.integer({ min: 0, max: 3 }),
});
const queryArbitrary = fc.record({
  terms: fc.constantFrom<string[]>([], ['a'], ['1'], ['b', '0']),
  tags: fc.constantFrom<string[]>([], ['a'], ['a', 'b']),
  statuses: fc.constantFrom<EnvironmentStatus[]>([], ['online'], ['offline', 'degraded']),
  sort: fc.constantFrom<ListSort>('id', 'name', 'createdAt', 'lastCheckInAt', 'status'),
  descending: fc.boolean(),
  limit: fc.integer({ min: 1, max: 4 }),
});
const meanwhileArbitrary = fc.array(
  fc.oneof(fc.record({ add: environmentArbitrary }), fc.record({ remove: fc.nat() })),
  { maxLength: 3 },
);

/** The order as the documentation has it, worked out from what the views show. */
function compareViews({ sort, descending }: Pick<ListQuery, 'sort' | 'descending'>) {
  const collator = new Intl.Collator('und', { numeric: true });
  const by: Record<ListSort, (a: EnvironmentView, b: EnvironmentView) => number> = {
    id: () => 0,
    name: (a, b) => collator.compare(a.name, b.name),
    createdAt: (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt),
    lastCheckInAt: (a, b) =>
      Date.parse(a.lastCheckInAt ?? '1970-01-01') - Date.parse(b.lastCheckInAt ?? '1970-01-01'),
    status: (a, b) => RANKS[a.status] - RANKS[b.status],
  };
  return (a: EnvironmentView, b: EnvironmentView) => (by[sort](a, b) || a.id - b.id) * (descending ? -1 : 1);
}

test('list: all pages together are the filtered environments, each once and in order, during other changes', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(environmentArbitrary, { maxLength: 12 }),
      queryArbitrary,
      fc.array(meanwhileArbitrary, { maxLength: 12 }),
      async (environments, query, meanwhile) => {
        const { clock, store, recordCheckIn, add, list } = listSetup();
        let nextId = 1;
        const make = ({ name, tags, createdAt, checkIn, tick }: (typeof environments)[number]) => {
          const id = nextId++;
          clock.advance(tick);
          add(id, {
            // Sorts as equal, but no two environments share a name.
            name: `${name}${'\u200b'.repeat(id)}`,
            tags,
            createdAt,
            edgeId: null,
            associatedAt: createdAt,
          });
          if (checkIn) recordCheckIn(id, checkIn);
          return id;
        };
        const stayed = new Set(environments.map(make));
        const paged: EnvironmentView[] = [];
        let cursor: string | null = null;
        for (let page = 0; page === 0 || cursor !== null; page++) {
          const { items, nextCursor }: ListPage = await list({ ...query, cursor });
          t.true(items.length <= query.limit);
          paged.push(...items);
          cursor = nextCursor;
          for (const change of meanwhile[page] ?? []) {
            if ('add' in change) make(change.add);
            else {
              const id = 1 + (change.remove % (nextId - 1 || 1));
              void store.remove(id);
              stayed.delete(id);
            }
          }
        }
        const whole = (await list({ limit: 1_000 })).items.filter(
          ({ id, name, tags, status }) =>
            stayed.has(id) &&
            query.terms.every(
              (term) =>
                [name, ...tags].some((text) => text.toLowerCase().includes(term)) || String(id) === term,
            ) &&
            query.tags.every((tag) => tags.includes(tag)) &&
            (query.statuses.length === 0 || query.statuses.includes(status)),
        );
        const expected = whole.sort(compareViews(query)).map(({ id }) => id);
        const ids = paged.map(({ id }) => id);
        t.deepEqual(
          ids.filter((id) => stayed.has(id)),
          expected,
        );
        t.is(new Set(ids).size, ids.length, 'each once');
        t.deepEqual(paged.toSorted(compareViews(query)), paged);
      },
    ),
    { numRuns: 300 },
  );
});
