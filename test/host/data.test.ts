import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HostData, type HostState } from '../../host/data.js';
import { makeFolder } from './start-host.js';

const initial = (): HostState => ({
  schemaVersion: 1,
  passwordHash: null,
  sessionSecret: 'secret',
  revokedSessions: [],
  tokens: [],
});

const addSession = (id: string) => (state: Readonly<HostState>) => ({
  ...state,
  revokedSessions: [...state.revokedSessions, { id, expiresAt: '2026-01-01T00:00:00Z' }],
});

test('data: changes at the same time are all kept, and are on disk when they resolve', async (t) => {
  const file = join(await makeFolder(t), 'new', 'host.json');
  const data = await HostData.open(file, initial);
  const ids = Array.from({ length: 20 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => data.update(addSession(id))));
  const stored: HostState = JSON.parse(await readFile(file, 'utf8'));
  t.deepEqual(
    stored.revokedSessions.map(({ id }) => id),
    ids,
  );
  t.deepEqual((await HostData.open(file, initial)).current, stored);
});

test('data: a write that fails changes nothing and does not hold up the next', async (t) => {
  const folder = join(await makeFolder(t), 'gone');
  const data = await HostData.open(join(folder, 'host.json'), initial);
  await rm(folder, { recursive: true });
  await t.throwsAsync(data.update(addSession('lost')), { code: 'ENOENT' });
  t.deepEqual(data.current, initial());
  const refusal = new Error('no');
  await t.throwsAsync(
    data.update(() => {
      throw refusal;
    }),
    { is: refusal },
  );
});

test('data: a file of a newer version, or a damaged one, is refused and left alone', async (t) => {
  const file = join(await makeFolder(t), 'host.json');
  for (const text of [JSON.stringify({ ...initial(), schemaVersion: 2 }), '{"schemaVersion":1', '{}']) {
    await writeFile(file, text);
    await t.throwsAsync(HostData.open(file, initial));
    t.is(await readFile(file, 'utf8'), text);
  }
});
