import test, { type ExecutionContext } from 'ava';
import { DEFAULT_SETTINGS } from '../../../../plugin/server-hooks/model/settings.js';
import type { Store } from '../../../../plugin/server-hooks/store/store.js';
import { tempFolder } from '../../../kit/temp-folder.js';
import { sampleEnvironment } from './sample-environment.js';
import { sampleWebhook } from './sample-webhook.js';

/** Makes a store, not started, over the folder; the same folder brings the same data again. */
export type MakeStore = (folder: string) => Store;

/** What every store engine must do. `engine` begins the titles. */
export function storeContract(engine: string, makeStore: MakeStore): void {
  /** A started store, and how to start anew over the same data. */
  async function setup(t: ExecutionContext) {
    const folder = await tempFolder(t);
    const open = async () => {
      const store = makeStore(folder);
      t.teardown(() => store.stop());
      await store.start();
      return store;
    };
    return { store: await open(), open };
  }

  test(`${engine}: a new store is empty and has the default settings`, async (t) => {
    const { store } = await setup(t);
    t.deepEqual([...store.environments()], []);
    t.deepEqual(store.settings(), DEFAULT_SETTINGS);
    t.is(store.nextEnvironmentId(), 1);
    t.is(store.environment(1), undefined);
    t.is(store.environmentByName('x'), undefined);
  });

  test(`${engine}: makes its folder where there is none`, async (t) => {
    const store = makeStore(`${await tempFolder(t)}/a/b`);
    t.teardown(() => store.stop());
    await store.start();
    await store.putEnvironment(sampleEnvironment(1));
    t.truthy(store.environment(1));
  });

  test(`${engine}: a write is visible at once, and after a restart as it was`, async (t) => {
    const { store, open } = await setup(t);
    const environment = sampleEnvironment(store.nextEnvironmentId());
    const settings = { ...DEFAULT_SETTINGS, checkInSeconds: 60, publicUrl: 'https://hub.example/edge' };
    const written = Promise.all([store.putEnvironment(environment), store.putSettings(settings)]);
    t.deepEqual(store.environment(environment.id), environment);
    t.deepEqual(store.settings(), settings);
    await written;
    await store.stop();
    const again = await open();
    t.deepEqual(again.environment(environment.id), environment);
    t.deepEqual(again.environmentByName(environment.name), environment);
    t.deepEqual(again.settings(), settings);
  });

  test(`${engine}: a record is replaced, and the last of many wins`, async (t) => {
    const { store, open } = await setup(t);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.putEnvironment(sampleEnvironment(1, { generation: i }))),
    );
    t.is(store.environment(1)?.generation, 49);
    await store.stop();
    const again = await open();
    t.is(again.environment(1)?.generation, 49);
    t.is([...again.environments()].length, 1);
  });

  test(`${engine}: environments come in the order of their ids, and a list stands while others change`, async (t) => {
    const { store } = await setup(t);
    for (const id of [3, 1, 2]) await store.putEnvironment(sampleEnvironment(id));
    await store.putEnvironment(sampleEnvironment(1, { generation: 9 }));
    const seen: number[] = [];
    for (const { id } of store.environments()) {
      seen.push(id);
      if (id === 1) await store.deleteEnvironment(3);
    }
    t.deepEqual(seen.slice(0, 2), [1, 2]);
    t.deepEqual(
      [...store.environments()].map(({ id }) => id),
      [1, 2],
    );
  });

  test(`${engine}: an id is never given twice, not after a deletion and not after a restart`, async (t) => {
    const { store, open } = await setup(t);
    const first = store.nextEnvironmentId();
    const second = store.nextEnvironmentId();
    t.true(second > first);
    await store.putEnvironment(sampleEnvironment(second));
    await store.deleteEnvironment(second);
    await store.stop();
    t.true((await open()).nextEnvironmentId() > second);
  });

  test(`${engine}: an id from outside moves the next one on`, async (t) => {
    const { store } = await setup(t);
    await store.putEnvironment(sampleEnvironment(41));
    t.is(store.nextEnvironmentId(), 42);
  });

  test(`${engine}: a deleted environment is gone by id and name, also after a restart; its name is free`, async (t) => {
    const { store, open } = await setup(t);
    await store.putEnvironment(sampleEnvironment(1, { name: 'a' }));
    const deleted = store.deleteEnvironment(1);
    t.is(store.environment(1), undefined);
    t.is(store.environmentByName('a'), undefined);
    await deleted;
    await store.deleteEnvironment(1);
    await store.putEnvironment(sampleEnvironment(2, { name: 'a' }));
    await store.stop();
    const again = await open();
    t.is(again.environment(1), undefined);
    t.is(again.environmentByName('a')?.id, 2);
  });

  test(`${engine}: a name belongs to one environment; white space around it does not tell names apart, case does`, async (t) => {
    const { store } = await setup(t);
    await store.putEnvironment(sampleEnvironment(1, { name: 'Shop' }));
    await t.throwsAsync(store.putEnvironment(sampleEnvironment(2, { name: ' Shop ' })), {
      code: 'name-taken',
    });
    t.is(store.environment(2), undefined);
    await store.putEnvironment(sampleEnvironment(2, { name: 'shop' }));
    t.is(store.environmentByName(' Shop')?.id, 1);
    t.is(store.environmentByName('shop')?.id, 2);
  });

  test(`${engine}: a new name takes the place of the old one, which is free at once`, async (t) => {
    const { store } = await setup(t);
    await store.putEnvironment(sampleEnvironment(1, { name: 'a' }));
    await Promise.all([
      store.putEnvironment(sampleEnvironment(1, { name: 'b' })),
      store.putEnvironment(sampleEnvironment(2, { name: 'a' })),
    ]);
    t.is(store.environmentByName('a')?.id, 2);
    t.is(store.environmentByName('b')?.id, 1);
  });

  test(`${engine}: names that mean something to JavaScript are names`, async (t) => {
    const { store, open } = await setup(t);
    const names = ['__proto__', 'constructor', '1', 'ü', '"\\', '\u2028'];
    await Promise.all(names.map((name, i) => store.putEnvironment(sampleEnvironment(i + 1, { name }))));
    await store.stop();
    const again = await open();
    for (const [i, name] of names.entries()) t.is(again.environmentByName(name)?.id, i + 1);
    t.is(again.environmentByName('toString'), undefined);
  });

  test(`${engine}: an environment is found by its webhook and what the sender calls it, in no other way`, async (t) => {
    const { store, open } = await setup(t);
    const origin = { webhookId: 'a', externalId: 'shop 1' };
    await store.putEnvironment(sampleEnvironment(1, { origin }));
    await store.putEnvironment(sampleEnvironment(2, { origin: { webhookId: 'a', externalId: null } }));
    await store.putEnvironment(sampleEnvironment(3, { origin: null }));
    await store.stop();
    const again = await open();
    t.is(again.environmentByExternalId('a', 'shop 1')?.id, 1);
    t.is(again.environmentByExternalId('b', 'shop 1'), undefined);
    t.is(again.environmentByExternalId('a', ''), undefined);
    t.is(again.environmentByExternalId('', ''), undefined);
    await again.deleteEnvironment(1);
    t.is(again.environmentByExternalId('a', 'shop 1'), undefined);
  });

  test(`${engine}: webhooks are kept with their messages, in the order in which they were made`, async (t) => {
    const { store, open } = await setup(t);
    t.deepEqual([...store.webhooks()], []);
    await Promise.all(['b', 'a', 'c'].map((id) => store.putWebhook(sampleWebhook(id))));
    const changed = { ...sampleWebhook('a'), messages: [] };
    const written = store.putWebhook(changed);
    t.deepEqual(store.webhook('a'), changed);
    await written;
    await store.deleteWebhook('c');
    await store.deleteWebhook('c');
    await store.stop();
    const again = await open();
    t.deepEqual([...again.webhooks()], [sampleWebhook('b'), changed]);
    t.is(again.webhook('c'), undefined);
    await again.stop();
    await t.throwsAsync(again.putWebhook(changed), { code: 'store-closed' });
    await t.throwsAsync(again.deleteWebhook('a'), { code: 'store-closed' });
  });

  test(`${engine}: one folder is one store's: a second one is refused, and let in after the first has stopped`, async (t) => {
    const folder = await tempFolder(t);
    const [first, second] = [makeStore(folder), makeStore(folder)];
    t.teardown(() => Promise.all([first.stop(), second.stop()]));
    await first.start();
    await t.throwsAsync(second.start(), { code: 'store-locked' });
    await second.stop();
    await t.throwsAsync(makeStore(folder).start(), { code: 'store-locked' });
    await first.stop();
    await second.start();
    t.pass();
  });

  test(`${engine}: each change is told at once, until its listener leaves`, async (t) => {
    const { store } = await setup(t);
    const told: unknown[] = [];
    const leave = store.onChange((id) =>
      told.push(id === null ? store.settings() : [id, store.environment(id)]),
    );
    const [environment, settings] = [sampleEnvironment(1), { ...DEFAULT_SETTINGS, checkInSeconds: 60 }];
    const writes = [store.putEnvironment(environment), store.putSettings(settings)];
    writes.push(store.deleteEnvironment(1), store.deleteEnvironment(2));
    t.deepEqual(told, [[1, environment], settings, [1, undefined]]);
    leave();
    writes.push(store.putEnvironment(environment));
    t.is(told.length, 3);
    await Promise.all(writes);
  });

  test(`${engine}: a stopped store takes no writes, has written all it took, and stops twice`, async (t) => {
    const { store, open } = await setup(t);
    const written = store.putEnvironment(sampleEnvironment(1));
    await store.stop();
    await written;
    await store.stop();
    await t.throwsAsync(store.putEnvironment(sampleEnvironment(2)), { code: 'store-closed' });
    await t.throwsAsync(store.putSettings(DEFAULT_SETTINGS), { code: 'store-closed' });
    await t.throwsAsync(store.deleteEnvironment(1), { code: 'store-closed' });
    t.truthy((await open()).environment(1));
  });
}
