import test from 'ava';
import { DEFAULT_SETTINGS } from '../../../../plugin/server-hooks/model/settings.js';
import { type Engine, setup } from './engine.js';
import { sampleEnvironment } from './sample-environment.js';
import { sampleWebhook } from './sample-webhook.js';
import { storeContractOfWrites } from './store-contract-writes.js';

/** What every store engine must do. */
export function storeContract(engine: Engine): void {
  const { name } = engine;

  test(`${name}: a new store is empty and has the default settings`, async (t) => {
    const { store } = await setup(t, engine);
    t.deepEqual([...store.environments()], []);
    t.deepEqual([...store.webhooks()], []);
    t.deepEqual(store.settings(), DEFAULT_SETTINGS);
    t.is(store.environment(1), undefined);
    t.is(store.environmentByName('x'), undefined);
    t.is((await store.create(sampleEnvironment)).id, 1);
  });

  test(`${name}: a write is visible immediately, and the same after a restart`, async (t) => {
    const { store, open } = await setup(t, engine);
    const settings = { ...DEFAULT_SETTINGS, checkInSeconds: 60, publicUrl: 'https://hub.example/edge' };
    const written = Promise.all([store.create(sampleEnvironment), store.updateSettings(() => settings)]);
    t.deepEqual(store.environment(1), sampleEnvironment(1));
    t.deepEqual(store.settings(), settings);
    t.deepEqual(await written, [sampleEnvironment(1), settings]);
    await store.stop();
    const again = await open();
    t.deepEqual(again.environment(1), sampleEnvironment(1));
    t.deepEqual(again.environmentByName('environment 1'), sampleEnvironment(1));
    t.deepEqual(again.settings(), settings);
  });

  test(`${name}: environments are sorted by id, and a list stays the same while others change`, async (t) => {
    const { store } = await setup(t, engine);
    for (const id of [3, 1, 2]) await store.create(() => sampleEnvironment(id));
    const seen: number[] = [];
    for (const { id } of store.environments()) {
      seen.push(id);
      if (id === 1) await store.remove(3);
    }
    t.deepEqual(seen.slice(0, 2), [1, 2]);
    t.deepEqual(
      [...store.environments()].map(({ id }) => id),
      [1, 2],
    );
  });

  test(`${name}: concurrent creations get different ids`, async (t) => {
    const { store } = await setup(t, engine);
    const made = await Promise.all(Array.from({ length: 50 }, () => store.create(sampleEnvironment)));
    t.is(new Set(made.map(({ id }) => id)).size, 50);
    t.deepEqual([...store.environments()], made);
  });

  test(`${name}: an id is never used again, not after a removal and not after a restart`, async (t) => {
    const { store, open } = await setup(t, engine);
    await store.create(sampleEnvironment);
    const { id } = await store.create(sampleEnvironment);
    await store.remove(id);
    const next = await store.create(sampleEnvironment);
    t.true(next.id > id);
    await store.remove(next.id);
    await store.stop();
    t.true((await (await open()).create(sampleEnvironment)).id > next.id);
  });

  test(`${name}: a copy keeps its id if that is free, and later ids are higher`, async (t) => {
    const { store } = await setup(t, engine);
    await store.create(() => sampleEnvironment(41));
    t.is((await store.create(sampleEnvironment)).id, 42);
    await t.throwsAsync(store.create(() => sampleEnvironment(41, { name: 'other' })));
    t.is(store.environment(41)?.name, 'environment 41');
  });

  test(`${name}: a removed environment is not found, also after a restart, and its name is free`, async (t) => {
    const { store, open } = await setup(t, engine);
    await store.create((id) => sampleEnvironment(id, { name: 'a' }));
    const removed = store.remove(1);
    t.is(store.environment(1), undefined);
    t.is(store.environmentByName('a'), undefined);
    await removed;
    await store.remove(1);
    await t.throwsAsync(
      store.update(1, (current) => current),
      { code: 'environment-not-found' },
    );
    await store.create((id) => sampleEnvironment(id, { name: 'a' }));
    await store.stop();
    const again = await open();
    t.is(again.environment(1), undefined);
    t.is(again.environmentByName('a')?.id, 2);
  });

  test(`${name}: a name belongs to one environment; case distinguishes names, spaces around them do not`, async (t) => {
    const { store } = await setup(t, engine);
    await store.create((id) => sampleEnvironment(id, { name: 'Shop' }));
    const taken = { code: 'name-taken' };
    await t.throwsAsync(
      store.create((id) => sampleEnvironment(id, { name: ' Shop ' })),
      taken,
    );
    t.is(store.environment(2), undefined);
    await store.create((id) => sampleEnvironment(id, { name: 'shop' }));
    await t.throwsAsync(
      store.update(2, (current) => ({ ...current, name: 'Shop' })),
      taken,
    );
    t.is(store.environmentByName(' Shop')?.id, 1);
    t.is(store.environmentByName('shop')?.id, 2);
  });

  test(`${name}: a renamed environment's old name is free immediately`, async (t) => {
    const { store } = await setup(t, engine);
    await store.create((id) => sampleEnvironment(id, { name: 'a' }));
    await Promise.all([
      store.update(1, (current) => ({ ...current, name: 'b' })),
      store.create((id) => sampleEnvironment(id, { name: 'a' })),
    ]);
    t.is(store.environmentByName('a')?.id, 2);
    t.is(store.environmentByName('b')?.id, 1);
  });

  test(`${name}: names that have a meaning in JavaScript are names`, async (t) => {
    const { store, open } = await setup(t, engine);
    const names = ['__proto__', 'constructor', '1', 'ü', '"\\', '\u2028'];
    await Promise.all(names.map((each) => store.create((id) => sampleEnvironment(id, { name: each }))));
    await store.stop();
    const again = await open();
    for (const [i, each] of names.entries()) t.is(again.environmentByName(each)?.id, i + 1);
    t.is(again.environmentByName('toString'), undefined);
  });

  test(`${name}: an environment is found by its webhook and external id, not by one of them`, async (t) => {
    const { store, open } = await setup(t, engine);
    const origins = [{ webhookId: 'a', externalId: 'shop 1' }, { webhookId: 'a', externalId: null }, null];
    for (const origin of origins) await store.create((id) => sampleEnvironment(id, { origin }));
    await store.stop();
    const again = await open();
    t.is(again.environmentByExternalId('a', 'shop 1')?.id, 1);
    t.is(again.environmentByExternalId('b', 'shop 1'), undefined);
    t.is(again.environmentByExternalId('a', ''), undefined);
    t.is(again.environmentByExternalId('', ''), undefined);
    await again.remove(1);
    t.is(again.environmentByExternalId('a', 'shop 1'), undefined);
  });

  test(`${name}: webhooks are stored with their messages, in order of creation`, async (t) => {
    const { store, open } = await setup(t, engine);
    await Promise.all(['b', 'a', 'c'].map((id) => store.createWebhook(sampleWebhook(id))));
    const written = store.updateWebhook('a', (current) => ({ ...current, messages: [] }));
    const changed = sampleWebhook('a', { messages: [], revision: 2 });
    t.deepEqual(store.webhook('a'), changed);
    t.deepEqual(await written, changed);
    await store.removeWebhook('c');
    await store.removeWebhook('c');
    await t.throwsAsync(
      store.updateWebhook('c', (current) => current),
      { code: 'webhook-not-found' },
    );
    await store.stop();
    const again = await open();
    t.deepEqual([...again.webhooks()], [sampleWebhook('b'), changed]);
    t.is(again.webhook('c'), undefined);
  });

  test(`${name}: a stopped store has completed its writes, refuses others, and stops twice`, async (t) => {
    const { store, open } = await setup(t, engine);
    const written = store.create(sampleEnvironment);
    await store.stop();
    await written;
    await store.stop();
    const writes = [
      store.create(sampleEnvironment),
      store.update(1, () => null),
      store.remove(1),
      store.createWebhook(sampleWebhook('a')),
      store.updateWebhook('a', () => null),
      store.removeWebhook('a'),
      store.updateSettings(() => DEFAULT_SETTINGS),
      store.transact(() => undefined),
    ];
    for (const write of writes) await t.throwsAsync<Error>(write, { code: 'store-closed' });
    t.truthy((await open()).environment(1));
  });

  storeContractOfWrites(engine);
}
