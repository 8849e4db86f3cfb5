import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Logins } from '../../../cli/config/logins.js';
import { tempFolder } from '../../kit/temp-folder.js';

const loginOf = (index: number) => ({
  url: `https://hub${index}.example/edge`,
  ca: null,
  token: `flt_${index}`,
  tokenId: null,
});

test('logins: those that are saved and removed at the same time do not overwrite each other', async (t) => {
  const folder = join(await tempFolder(t), 'fairlead');
  const fresh = () => new Logins(folder, () => t.fail());
  const all = Array.from({ length: 20 }, (_, index) => loginOf(index));
  await Promise.all(all.map((login) => fresh().save(login)));
  for (const login of all) t.deepEqual(await fresh().find(login.url), login);
  await Promise.all(all.slice(1).map(({ url }) => fresh().remove(url)));
  t.deepEqual(await fresh().find(), loginOf(0));
  t.deepEqual(await readdir(folder), ['hubs.json']);
});

test('logins: the lock of a killed process is removed', async (t) => {
  const folder = await tempFolder(t);
  const lock = join(folder, 'hubs.json.lock');
  await writeFile(lock, '');
  const logins = new Logins(folder, () => t.fail());
  await logins.save(loginOf(1));
  t.deepEqual(await logins.find(), loginOf(1));
  t.false(existsSync(lock));
});
