import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DataFile, type HostState } from '../../host/data-file.js';
import { LogRecorder } from '../kit/log-recorder.js';
import { makeFolder } from './start-host.js';

const logger = new LogRecorder();

const initial = (): HostState => ({
  schemaVersion: 1,
  passwordHash: null,
  sessionSecret: 'secret',
  revokedSessions: [],
  tokens: [],
  disabledPlugins: [],
});

const addSession = (id: string) => (state: Readonly<HostState>) => ({
  ...state,
  revokedSessions: [...state.revokedSessions, { id, expiresAt: '2026-01-01T00:00:00Z' }],
});

test('data: concurrent changes are all kept, and are on disk when they resolve', async (t) => {
  const file = join(await makeFolder(t), 'new', 'host.json');
  const data = await DataFile.open(file, initial, logger);
  const ids = Array.from({ length: 20 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => data.update(addSession(id))));
  const stored: HostState = JSON.parse(await readFile(file, 'utf8'));
  t.deepEqual(
    stored.revokedSessions.map(({ id }) => id),
    ids,
  );
  t.deepEqual((await DataFile.open(file, initial, logger)).current, stored);
});

test('data: a write that fails changes nothing and does not hold up the next', async (t) => {
  const folder = join(await makeFolder(t), 'missing');
  const data = await DataFile.open(join(folder, 'host.json'), initial, logger);
  await rm(folder, { recursive: true });
  t.teardown(() => data.close());
  await t.throwsAsync(data.update(addSession('lost')), { code: 'store-unwritable' });
  t.true(data.isFailing);
  t.deepEqual(data.current, initial());
  const refusal = new Error('no');
  await t.throwsAsync(
    data.update(() => {
      throw refusal;
    }),
    { is: refusal },
  );
});

test('data: a failing disk is logged once, and its recovery once', async (t) => {
  const folder = join(await makeFolder(t), 'missing');
  const log = new LogRecorder();
  const data = await DataFile.open(join(folder, 'host.json'), initial, log);
  t.teardown(() => data.close());
  await rm(folder, { recursive: true });
  for (const id of ['lost', 'lost, too']) {
    await t.throwsAsync(data.update(addSession(id)), { code: 'store-unwritable' });
  }
  await mkdir(folder);
  await data.update(addSession('kept'));
  t.false(data.isFailing);
  t.deepEqual(
    log.lines.map(({ level }) => level),
    ['error', 'info'],
  );
});

test('data: a newer or damaged file is refused, left unchanged and never quoted', async (t) => {
  const file = join(await makeFolder(t), 'host.json');
  for (const [value, reason] of [
    [JSON.stringify({ ...initial(), schemaVersion: 2 }), /newer version/],
    ['{"schemaVersion":1, "sessionSecret": "secret', /damaged: it is not JSON/],
    ['', /damaged: it is not JSON/],
    ['{}', /damaged: schemaVersion/],
    [JSON.stringify({ ...initial(), tokens: ['secret'] }), /damaged: tokens\.0/],
  ] as const) {
    await writeFile(file, value);
    const error = await t.throwsAsync(DataFile.open(file, initial, logger), { message: reason });
    t.notRegex(`${error?.stack}`, /secret/);
    t.is(await readFile(file, 'utf8'), value);
  }
});

test('data: temp files that a killed process left are removed, others are not', async (t) => {
  const folder = await makeFolder(t);
  for (const name of ['host.json.123', 'host.json.bak', 'ca.pem.1']) await writeFile(join(folder, name), 'x');
  await DataFile.open(join(folder, 'host.json'), initial, logger);
  t.deepEqual((await readdir(folder)).sort(), ['ca.pem.1', 'host.json.bak']);
});
