import { copyFile, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DEFAULT_SETTINGS } from '../../../../../plugin/server-hooks/model/settings.js';
import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { tempFolder } from '../../../../kit/temp-folder.js';
import { sampleEnvironment } from '../sample-environment.js';
import { sampleWebhook } from '../sample-webhook.js';

async function setup(t: ExecutionContext) {
  const path = join(await tempFolder(t), 'fairlead.json');
  const store = new LowdbStore({ path, logger: new LogRecorder() });
  t.teardown(() => store.stop());
  return { path, store };
}

const FILE = { schemaVersion: 1, nextEnvironmentId: 2, settings: DEFAULT_SETTINGS, environments: [] };

test('lowdb store: the file is JSON with a schema version, readable by its owner only, in a folder of the same kind', async (t) => {
  const folder = join(await tempFolder(t), 'data');
  const path = join(folder, 'fairlead.json');
  const store = new LowdbStore({ path, logger: new LogRecorder() });
  t.teardown(() => store.stop());
  await store.start();
  await store.create(sampleEnvironment);
  t.like(JSON.parse(await readFile(path, 'utf8')), { schemaVersion: 1, nextEnvironmentId: 2 });
  t.is((await stat(path)).mode & 0o777, 0o600);
  t.is((await stat(folder)).mode & 0o777, 0o700);
});

test('lowdb store: creates its folder', async (t) => {
  const path = join(await tempFolder(t), 'a', 'b', 'fairlead.json');
  const store = new LowdbStore({ path, logger: new LogRecorder() });
  t.teardown(() => store.stop());
  await store.start();
  await store.create(sampleEnvironment);
  t.truthy(await stat(path));
});

test('lowdb store: a second store on the same folder is refused until the first one stops', async (t) => {
  const { path, store } = await setup(t);
  const second = new LowdbStore({ path, logger: new LogRecorder() });
  t.teardown(() => second.stop());
  await store.start();
  await t.throwsAsync(second.start(), { code: 'store-locked' });
  await second.stop();
  await t.throwsAsync(new LowdbStore({ path, logger: new LogRecorder() }).start(), { code: 'store-locked' });
  await store.stop();
  await t.notThrowsAsync(second.start());
});

test('lowdb store: a file without revisions, written by 0.1.0, is opened and extended', async (t) => {
  const { path, store } = await setup(t);
  await copyFile(new URL('fairlead-0.1.0.json', import.meta.url), path);
  await store.start();
  // It knew no Docker port.
  const old = [1, 2].map((id) => {
    const { dockerAccess: _, ...environment } = sampleEnvironment(id);
    return environment;
  });
  t.deepEqual<unknown, unknown>([...store.environments()], old);
  t.deepEqual([...store.webhooks()], [sampleWebhook('AAAAAAAAAAAAAAAAAAAAAA')]);
  t.deepEqual(store.settings(), { ...DEFAULT_SETTINGS, checkInSeconds: 60 });
  await store.update(1, (current) => ({ ...current, name: 'other' }));
  await store.updateSettings((current) => ({ ...current, checkInSeconds: 30 }));
  t.is((await store.create(sampleEnvironment)).id, 3);
  const { settingsRevision, environments } = JSON.parse(await readFile(path, 'utf8'));
  const revisions = environments.map(({ revision }: { revision: number }) => revision);
  t.deepEqual([settingsRevision, ...revisions], [2, 2, 1, 1]);
});

test('lowdb store: starting writes nothing, and stopping removes the lock', async (t) => {
  const { path, store } = await setup(t);
  await store.start();
  await store.stop();
  t.deepEqual(await readdir(join(path, '..')), []);
});

const damaged: Record<string, string> = {
  'an empty file': '',
  'half a file': JSON.stringify(FILE).slice(0, 40),
  'another JSON': '[]',
  'no version': JSON.stringify({ ...FILE, schemaVersion: undefined }),
  'a version that is no number': JSON.stringify({ ...FILE, schemaVersion: '2' }),
  'a bad environment': JSON.stringify({ ...FILE, environments: [{ ...sampleEnvironment(1), keys: 'x' }] }),
  'a duplicate id': JSON.stringify({
    ...FILE,
    environments: [sampleEnvironment(1), sampleEnvironment(1, { name: 'other' })],
  }),
  'a duplicate name': JSON.stringify({
    ...FILE,
    nextEnvironmentId: 3,
    environments: [sampleEnvironment(1, { name: 'a' }), sampleEnvironment(2, { name: 'a ' })],
  }),
  'an id that would be used again': JSON.stringify({ ...FILE, environments: [sampleEnvironment(2)] }),
  'a bad setting': JSON.stringify({ ...FILE, settings: { ...DEFAULT_SETTINGS, checkInSeconds: 0 } }),
};

for (const [what, text] of Object.entries(damaged)) {
  test(`lowdb store: ${what} is refused as store-damaged and left alone`, async (t) => {
    const { path, store } = await setup(t);
    await writeFile(path, text);
    await t.throwsAsync(store.start(), { code: 'store-damaged' });
    t.is(await readFile(path, 'utf8'), text);
    t.deepEqual(await readdir(join(path, '..')), ['fairlead.json']);
    await t.throwsAsync(store.create(sampleEnvironment), { code: 'store-closed' });
  });
}

test('lowdb store: a file of a newer version is refused as store-newer and left alone', async (t) => {
  const { path, store } = await setup(t);
  const text = JSON.stringify({ schemaVersion: 2, anything: 'else' });
  await writeFile(path, text);
  await t.throwsAsync(store.start(), { code: 'store-newer' });
  t.is(await readFile(path, 'utf8'), text);
});

test('lowdb store: a file that cannot be opened is store-unreadable', async (t) => {
  // A folder where the file should be: refused for root as well.
  const store = new LowdbStore({ path: await tempFolder(t), logger: new LogRecorder() });
  t.teardown(() => store.stop());
  await t.throwsAsync(store.start(), { code: 'store-unreadable' });
});

test('lowdb store: a dangling link is store-unreadable, and stays', async (t) => {
  const { path, store } = await setup(t);
  await symlink('/nowhere/fairlead.json', path);
  await t.throwsAsync(store.start(), { code: 'store-unreadable' });
  t.is(await readlink(path), '/nowhere/fairlead.json');
});

test('lowdb store: a damaged file, which may contain secrets, is never quoted', async (t) => {
  const { path, store } = await setup(t);
  for (const text of ['{"secret":"hush-hush', JSON.stringify({ ...FILE, environments: ['hush-hush'] })]) {
    await writeFile(path, text);
    const error = await t.throwsAsync(store.start());
    t.notRegex(`${error?.stack} ${error?.cause}`, /hush/);
  }
});

test('lowdb store: a setting that a file does not have gets its default', async (t) => {
  const { path, store } = await setup(t);
  await writeFile(path, JSON.stringify({ ...FILE, settings: { checkInSeconds: 77 } }));
  await store.start();
  t.deepEqual(store.settings(), { ...DEFAULT_SETTINGS, checkInSeconds: 77 });
});

test('lowdb store: temp files of a killed process are removed, other files are not', async (t) => {
  const { path, store } = await setup(t);
  for (const name of ['.1234567890', '.bak', '.1.gz', '2.4']) await writeFile(path + name, 'x');
  await store.start();
  await store.stop();
  t.deepEqual((await readdir(join(path, '..'))).sort(), [
    'fairlead.json.1.gz',
    'fairlead.json.bak',
    'fairlead.json2.4',
  ]);
});
