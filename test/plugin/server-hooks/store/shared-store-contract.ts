import test, { type ExecutionContext } from 'ava';
import type { Store } from '../../../../plugin/server-hooks/store/store.js';
import { type Engine, setup } from './engine.js';
import { sampleEnvironment } from './sample-environment.js';
import { sampleWebhook } from './sample-webhook.js';

/** Two hubs that share an environment and a webhook. */
async function twoHubs(t: ExecutionContext, engine: Engine) {
  const { store: here, open } = await setup(t, engine);
  await here.create((id) => sampleEnvironment(id, { tags: [] }));
  await here.createWebhook(sampleWebhook('a', { messages: [] }));
  return { here, there: await open() };
}

/** What an engine that several hubs can share must do in addition: each sees the others' writes at a conflict. */
export function sharedStoreContract(engine: Engine): void {
  test(`${engine.name}, several hubs: an update runs again on the record that another hub wrote first`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    await there.update(1, (current) => ({ ...current, name: 'renamed' }));
    const bases: number[] = [];
    const updated = here.update(1, (current) => {
      bases.push(current.revision);
      return { ...current, tags: ['x'] };
    });
    t.like(here.environment(1), { name: 'environment 1', tags: ['x'], revision: 2 });
    t.like(await updated, { name: 'renamed', tags: ['x'], revision: 3 });
    t.like(here.environment(1), { name: 'renamed', tags: ['x'], revision: 3 });
    t.deepEqual(bases, [1, 2]);
  });

  test(`${engine.name}, several hubs: concurrent updates of two hubs all apply`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    const raise = (store: Store) =>
      store.update(1, (current) => ({ ...current, generation: current.generation + 1 }));
    await Promise.all(Array.from({ length: 20 }, (_, i) => raise(i % 2 ? here : there)));
    await Promise.all([here.stop(), there.stop()]);
    await here.start();
    t.like(here.environment(1), { generation: 23, revision: 21 });
  });

  test(`${engine.name}, several hubs: a transaction with one moved record runs again as a whole`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    await there.updateWebhook('a', (current) => ({ ...current, name: 'renamed' }));
    const id = await here.transact((transaction) => {
      const made = transaction.create(sampleEnvironment);
      transaction.updateWebhook('a', (current) => ({ ...current, messages: sampleWebhook('a').messages }));
      return made.id;
    });
    await there.stop();
    await there.start();
    t.deepEqual(
      [...there.environments()].map((environment) => environment.id),
      [1, id],
    );
    t.like(there.webhook('a'), { name: 'renamed', messages: sampleWebhook('a').messages, revision: 3 });
  });

  test(`${engine.name}, several hubs: environments created at the same time get different ids`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    const made = await Promise.all([here.create(sampleEnvironment), there.create(sampleEnvironment)]);
    t.deepEqual(made.map(({ id }) => id).sort(), [2, 3]);
  });

  test(`${engine.name}, several hubs: a name that another hub took first is refused`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    const create = (store: Store) => store.create((id) => sampleEnvironment(id, { name: 'shop' }));
    const made = create(there);
    await t.throwsAsync(create(here), { code: 'name-taken' });
    t.is(here.environmentByName('shop')?.id, (await made).id);
  });

  test(`${engine.name}, several hubs: an update of an environment that another hub removed is refused and undone`, async (t) => {
    const { here, there } = await twoHubs(t, engine);
    await there.remove(1);
    const seen: unknown[] = [];
    here.watch(({ before, after }) => seen.push([before?.revision, after?.revision]));
    const updated = here.update(1, (current) => ({ ...current, tags: ['x'] }));
    await t.throwsAsync(updated, { code: 'environment-not-found' });
    t.deepEqual(seen, [
      [1, 2],
      [2, 1],
      [1, undefined],
    ]);
  });
}
