import test from 'ava';
import type { EnvironmentView, HubEvent } from '../../../plugin/api.js';
import { ApiClient } from '../../../plugin/ui-panel/api-client.js';
import { EnvironmentListStore } from '../../../plugin/ui-panel/environment-list-store.js';

/** A hub with that many environments, in pages as asked for; `asked` are the queries. */
function makeStore(count: number) {
  const asked: URLSearchParams[] = [];
  const environments = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `depot ${index + 1}`,
  }));
  const send: typeof fetch = async (url) => {
    const query = new URL(String(url), 'https://hub').searchParams;
    asked.push(query);
    const from = Number(query.get('cursor') ?? 0);
    const end = from + Number(query.get('limit'));
    const nextCursor = end < environments.length ? String(end) : null;
    return Response.json({ items: environments.slice(from, end), nextCursor, total: environments.length });
  };
  let changed = () => {};
  const store = new EnvironmentListStore(new ApiClient({ baseUrl: '/edge', fetch: send }), () => changed());
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      changed = () => holds() && resolve();
      changed();
    });
  return { store, asked, environments, until };
}

test('environment list: pages come as somebody scrolls; a new list goes down as far', async (t) => {
  const { store, asked, until } = makeStore(1_000);
  t.teardown(() => store.close());
  await store.load();
  store.show(0, 20);
  t.deepEqual([store.items.length, store.total, asked.length], [100, 1_000, 1]);
  store.show(60, 80);
  await until(() => store.items.length === 200 && !store.isLoading);
  store.show(150, 180);
  await until(() => store.items.length === 300 && !store.isLoading);
  asked.length = 0;
  await store.load();
  t.deepEqual(
    asked.map((query) => query.get('cursor')),
    [null, '100'],
  );
  asked.length = 0;
  await store.load({ ...store.query, search: 'x', status: 'offline' });
  t.is(String(asked), 'sort=name&limit=100&search=x&status=offline');
});

test('environment list: events change what is known in place, in its order', async (t) => {
  const { store } = makeStore(3);
  t.teardown(() => store.close());
  await store.load();
  const tell = (event: object) => store.apply(event as HubEvent);
  tell({ type: 'environment-changed', data: { id: 2, changes: { status: 'offline' } } });
  tell({ type: 'environment-changed', data: { id: 99, changes: { status: 'offline' } } });
  tell({ type: 'environment-removed', data: { id: 1 } });
  const seen = store.items.map(({ id, status }: EnvironmentView) => [id, status]);
  t.deepEqual(seen as unknown[], [
    [2, 'offline'],
    [3, undefined],
  ]);
  t.is(store.total, 2);
});

test('environment list: one that comes is a reason to list anew, as is a name that changes the order', async (t) => {
  for (const event of [
    { type: 'environment-created', data: { environment: { id: 4 } } },
    { type: 'environment-changed', data: { id: 1, changes: { name: 'z' } } },
  ]) {
    const { store, environments, until } = makeStore(3);
    await store.load();
    environments.push({ id: 4, name: 'depot 4' });
    store.apply(event as HubEvent);
    await until(() => store.total === 4);
    store.close();
    t.is(store.items.length, 4);
  }
});
