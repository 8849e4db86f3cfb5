import test from 'ava';
import type { HubEvent } from '../../../../plugin/api.js';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { EnvironmentListStore } from '../../../../plugin/ui-panel/api/environment-list-store.js';

/** A hub with that many environments; `asked` are the queries; `hub.answer` is awaited before each answer. */
function makeStore(count: number) {
  const asked: URLSearchParams[] = [];
  const environments = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `depot ${index + 1}`,
  }));
  const hub = { answer: async () => {} };
  const send: typeof fetch = async (url) => {
    const query = new URL(String(url), 'https://hub').searchParams;
    asked.push(query);
    const offset = Number(query.get('offset') ?? 0);
    const items = environments.slice(offset, offset + Number(query.get('limit')));
    await hub.answer();
    return Response.json({ items, nextCursor: null, total: environments.length });
  };
  let changed = () => {};
  let draws = 0;
  const store = new EnvironmentListStore(new ApiClient({ baseUrl: '/edge', fetch: send }), () => {
    draws++;
    changed();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      changed = () => holds() && resolve();
      changed();
    });
  const emit = (event: object) => store.apply(event as HubEvent);
  const ids = (first: number, end: number) => store.rows(first, end).map((row) => row?.id ?? null);
  return { store, asked, environments, hub, until, emit, ids, drawn: () => draws };
}

test('environment list: rows load from any position, with a margin, in one call', async (t) => {
  const { store, asked, until, ids } = makeStore(15_000);
  t.teardown(() => store.close());
  await store.load();
  store.show(0, 20);
  t.deepEqual([store.total, asked.length], [15_000, 1]);
  for (const [first, end, offset] of [
    [14_980, 15_000, 14_900],
    [7_000, 7_025, 6_940],
    [6_930, 6_955, 6_870],
  ] as const) {
    t.deepEqual(ids(first, first + 2), [null, null]);
    store.show(first, end);
    await until(() => !store.isLoading);
    t.is(asked.at(-1)?.get('offset'), String(offset));
    const expected = Array.from({ length: end - first }, (_, index) => first + index + 1);
    t.deepEqual(ids(first, end), expected);
    store.show(first, end);
    t.false(store.isLoading, 'nothing is missing');
  }
  store.show(0, 20);
  t.is(asked.length, 4, 'what was seen is there');
});

test('environment list: scrolling loads the rows where it stops, not those between', async (t) => {
  const { store, asked, until, ids } = makeStore(15_000);
  t.teardown(() => store.close());
  await store.load();
  asked.length = 0;
  for (let first = 0; first < 10_000; first += 100) store.show(first, first + 20);
  await until(() => !store.isLoading);
  store.show(9_900, 9_920);
  await until(() => !store.isLoading);
  t.deepEqual(ids(9_900, 9_901), [9_901]);
  t.is(asked.length, 2);
});

test('environment list: the hub searches, filters and sorts', async (t) => {
  const { store, asked } = makeStore(3);
  t.teardown(() => store.close());
  await store.load({ search: 'x', status: 'offline', tags: ['a', 'ä&b'], sort: '-createdAt' });
  t.is(String(asked), 'sort=-createdAt&limit=100&search=x&status=offline&tag=a&tag=%C3%A4%26b');
});

test('environment list: events update rows in place; deleted ones are removed', async (t) => {
  const { store, emit, ids } = makeStore(300);
  t.teardown(() => store.close());
  await store.load();
  emit({ type: 'environment-changed', data: { id: 2, changes: { status: 'offline' } } });
  emit({ type: 'environment-changed', data: { id: 299, changes: { status: 'offline' } } });
  emit({ type: 'environment-removed', data: { id: 1 } });
  t.deepEqual(ids(0, 2), [2, 3]);
  t.is(store.rows(0, 1)[0]?.status, 'offline');
  t.is(store.total, 299);
});

test('environment list: events during a load are applied to it', async (t) => {
  const { store, hub, emit } = makeStore(3);
  t.teardown(() => store.close());
  await store.load();
  hub.answer = async () =>
    emit({ type: 'environment-changed', data: { id: 1, changes: { status: 'offline' } } });
  await store.load();
  t.is(store.rows(0, 1)[0]?.status, 'offline');
});

test('environment list: a change of an invisible row is stored without a render', async (t) => {
  const { store, drawn, emit } = makeStore(100);
  t.teardown(() => store.close());
  await store.load();
  store.show(0, 20);
  const before = drawn();
  emit({ type: 'environment-changed', data: { id: 50, changes: { tunnel: 'active' } } });
  t.is(drawn() - before, 0);
  emit({ type: 'environment-changed', data: { id: 1, changes: { tunnel: 'active' } } });
  t.is(drawn() - before, 1);
  t.is(store.rows(49, 50)[0]?.tunnel, 'active');
});

test('environment list: reloads for a new environment, and for a change of the order', async (t) => {
  for (const event of [
    { type: 'environment-created', data: { environment: { id: 4 } } },
    { type: 'environment-changed', data: { id: 1, changes: { name: 'z' } } },
  ]) {
    const { store, environments, until, emit, ids } = makeStore(3);
    await store.load();
    environments.push({ id: 4, name: 'depot 4' });
    emit(event);
    await until(() => store.total === 4);
    store.close();
    t.deepEqual(ids(0, 4), [1, 2, 3, 4]);
  }
});

test('environment list: retries after a failure, and keeps its rows until then', async (t) => {
  const { store, hub, until, emit, ids } = makeStore(3);
  t.teardown(() => store.close());
  await store.load();
  hub.answer = () => Promise.reject(new TypeError('network'));
  emit({ type: 'reset', data: { reason: 'gap' } });
  await until(() => store.error !== null);
  t.deepEqual(ids(0, 3), [1, 2, 3]);
  hub.answer = async () => {};
  await until(() => store.error === null && !store.isLoading);
  t.deepEqual(ids(0, 3), [1, 2, 3]);
});
