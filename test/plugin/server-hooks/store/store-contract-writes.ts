import test from 'ava';
import type { Environment } from '../../../../plugin/server-hooks/model/environment.js';
import type { StoreChange } from '../../../../plugin/server-hooks/store/store.js';
import { type Engine, setup } from './engine.js';
import { sampleEnvironment } from './sample-environment.js';
import { sampleWebhook } from './sample-webhook.js';

const withTag = (tag: string) => (current: Environment) => ({ ...current, tags: [...current.tags, tag] });
const raise = (current: Environment) => ({ ...current, generation: current.generation + 1 });

/** The part of the contract about updates, transactions and changes. */
export function storeContractOfWrites(engine: Engine): void {
  const { name } = engine;

  test(`${name}: concurrent updates of one record all apply, and each has a revision`, async (t) => {
    const { store, open } = await setup(t, engine);
    await store.create((id) => sampleEnvironment(id, { generation: 1, tags: [] }));
    const results = await Promise.all(Array.from({ length: 50 }, () => store.update(1, raise)));
    t.deepEqual(
      results.map(({ generation, revision }) => [generation, revision]),
      results.map((_, i) => [i + 2, i + 2]),
    );
    await store.stop();
    t.like((await open()).environment(1), { generation: 51, revision: 51 });
  });

  test(`${name}: an update that changes nothing is no write, and one that throws is refused`, async (t) => {
    const { store } = await setup(t, engine);
    const before = await store.create(sampleEnvironment);
    const changes: StoreChange[] = [];
    store.watch((change) => changes.push(change));
    t.is(await store.update(1, () => null), before);
    t.is(await store.update(1, (current) => current), before);
    const refuse = () => {
      throw new Error('refused');
    };
    await t.throwsAsync(store.update(1, refuse), { message: 'refused' });
    await store.updateSettings((current) => current);
    t.is(store.environment(1), before);
    t.deepEqual(changes, []);
  });

  test(`${name}: a transaction sees its own writes and stores all of them`, async (t) => {
    const { store, open } = await setup(t, engine);
    await store.createWebhook(sampleWebhook('a', { messages: [] }));
    const id = await store.transact((transaction) => {
      const made = transaction.create(sampleEnvironment);
      transaction.update(made.id, withTag('x'));
      t.deepEqual(transaction.environment(made.id)?.tags, [...made.tags, 'x']);
      t.is(transaction.environmentByName(made.name)?.id, made.id);
      transaction.updateWebhook('a', (current) => ({ ...current, name: `for ${made.id}` }));
      return made.id;
    });
    await store.stop();
    const again = await open();
    t.is(again.environment(id)?.revision, 2);
    t.is(again.webhook('a')?.name, `for ${id}`);
  });

  test(`${name}: a transaction that throws changes nothing`, async (t) => {
    const { store, open } = await setup(t, engine);
    const before = await store.create(sampleEnvironment);
    const changes: StoreChange[] = [];
    store.watch((change) => changes.push(change));
    const failed = store.transact((transaction) => {
      transaction.update(1, (current) => ({ ...current, name: 'other' }));
      transaction.create((id) => sampleEnvironment(id, { name: before.name }));
      transaction.createWebhook(sampleWebhook('a'));
      transaction.remove(1);
      transaction.create((id) => sampleEnvironment(id, { name: before.name }));
    });
    await t.throwsAsync(failed, { code: 'name-taken' });
    t.deepEqual([...store.environments()], [before]);
    t.is(store.environmentByName(before.name), before);
    t.deepEqual([...store.webhooks()], []);
    t.deepEqual(changes, []);
    await store.stop();
    t.deepEqual([...(await open()).environments()], [before]);
  });

  test(`${name}: a transaction is over when its work returns`, async (t) => {
    const { store } = await setup(t, engine);
    const transaction = await store.transact((one) => one);
    t.throws(() => transaction.create(sampleEnvironment), { message: /the transaction is over/ });
    t.is(store.environment(1), undefined);
  });

  test(`${name}: writes that cannot be stored change nothing, and later ones are stored`, async (t) => {
    const { store, open, breakWrites } = await setup(t, engine);
    const [before, webhook] = await Promise.all([
      store.create(sampleEnvironment),
      store.createWebhook(sampleWebhook('a')),
    ]);
    const mend = await breakWrites();
    const lost = store.transact((transaction) => {
      transaction.update(1, (current) => ({ ...current, name: 'other' }));
      transaction.create((id) => sampleEnvironment(id, { name: before.name }));
      transaction.updateWebhook('a', (current) => ({ ...current, messages: [] }));
      transaction.updateSettings((current) => ({ ...current, checkInSeconds: 77 }));
    });
    const building = store.update(1, withTag('x'));
    await t.throwsAsync(lost, { code: 'store-unwritable' });
    await t.throwsAsync(building, { code: 'store-unwritable' });
    t.true(store.isFailing);
    const { succeeded, failed } = store.writes;
    t.true(succeeded > 0 && failed > 0, `${succeeded} writes, ${failed} failed`);
    t.deepEqual([...store.environments()], [before]);
    t.is(store.environmentByName(before.name), before);
    t.deepEqual([...store.webhooks()], [webhook]);
    t.not(store.settings().checkInSeconds, 77);
    await mend();
    const { id } = await store.create(sampleEnvironment);
    t.is(id, 3, 'a lost id is not used again');
    t.false(store.isFailing);
    t.true(store.writes.succeeded > succeeded);
    await store.stop();
    const again = await open();
    t.deepEqual(again.environment(1), before);
    t.deepEqual([...again.webhooks()], [webhook]);
  });

  test(`${name}: a raised generation stays raised when it cannot be stored, and is stored later`, async (t) => {
    const { store, open, breakWrites } = await setup(t, engine);
    await store.create((id) => sampleEnvironment(id, { generation: 3, tags: ['old'] }));
    const mend = await breakWrites();
    for (let attempt = 0; attempt < 2; attempt++) {
      const revoked = store.update(1, (current) => ({ ...raise(current), tags: ['new'] }));
      await t.throwsAsync(revoked, { code: 'store-unwritable' });
    }
    t.like(store.environment(1), { generation: 5, tags: ['old'] });
    await mend();
    await store.create(sampleEnvironment);
    await store.stop();
    t.like((await open()).environment(1), { generation: 5, tags: ['old'] });
  });

  test(`${name}: each change is reported once and in order, with the record before and after it`, async (t) => {
    const { store } = await setup(t, engine);
    const changes: StoreChange[] = [];
    const stop = store.watch((change) => changes.push(change));
    const created = sampleEnvironment(1);
    const renamed = { ...created, name: 'other', revision: 2 };
    const webhook = sampleWebhook('a');
    const before = { revision: 1, settings: store.settings() };
    const settings = { ...before.settings, checkInSeconds: 60 };
    const writes: Promise<unknown>[] = [
      store.create(sampleEnvironment),
      store.updateSettings(() => settings),
      store.update(1, (current) => ({ ...current, name: 'other' })),
      store.createWebhook(webhook),
      store.removeWebhook('a'),
      store.remove(1),
      store.remove(2),
    ];
    const expected: StoreChange[] = [
      { kind: 'environment', id: 1, before: undefined, after: created },
      { kind: 'settings', before, after: { revision: 2, settings } },
      { kind: 'environment', id: 1, before: created, after: renamed },
      { kind: 'webhook', id: 'a', before: undefined, after: webhook },
      { kind: 'webhook', id: 'a', before: webhook, after: undefined },
      { kind: 'environment', id: 1, before: renamed, after: undefined },
    ];
    t.deepEqual(changes, expected);
    stop();
    writes.push(store.create(sampleEnvironment));
    await Promise.all(writes);
    t.is(changes.length, expected.length);
  });

  test(`${name}: the changes of a transaction are reported when it is complete, and an undone write as a change back`, async (t) => {
    const { store, breakWrites } = await setup(t, engine);
    await store.create(sampleEnvironment);
    const seen: [StoreChange['kind'], number | undefined, number | undefined, number][] = [];
    store.watch(({ kind, before, after }) =>
      seen.push([kind, before?.revision, after?.revision, [...store.environments()].length]),
    );
    const mend = await breakWrites();
    const lost = store.transact((transaction) => {
      transaction.update(1, withTag('x'));
      transaction.update(1, withTag('y'));
      transaction.create(sampleEnvironment);
    });
    t.deepEqual(seen.splice(0), [
      ['environment', 1, 2, 2],
      ['environment', 2, 3, 2],
      ['environment', undefined, 1, 2],
    ]);
    await t.throwsAsync(lost, { code: 'store-unwritable' });
    t.deepEqual(seen, [
      ['environment', 1, undefined, 1],
      ['environment', 3, 1, 1],
    ]);
    await mend();
  });
}
