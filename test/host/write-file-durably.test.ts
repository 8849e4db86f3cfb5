import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { writeFileDurably } from '../../host/write-file-durably.js';
import { writeFileLimited } from '../kit/fault/write-file-limited.js';
import { tempFolder } from '../kit/temp-folder.js';

test('host file: is replaced atomically, with the given permissions, and no temporary file is left', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'file');
  await writeFileDurably(path, 'old');
  await chmod(path, 0o644);
  await writeFileDurably(path, 'new');
  t.is((await stat(path)).mode & 0o777, 0o600);
  await writeFileDurably(path, 'newest', 0o644);
  t.is((await stat(path)).mode & 0o777, 0o644);
  t.is(await readFile(path, 'utf8'), 'newest');
  t.deepEqual(await readdir(folder), ['file']);
});

test('host file: a disk that writes only a part keeps the old file, and the error says so', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'file');
  await writeFile(path, 'old');
  t.is(await writeFileLimited('host/write-file-durably.ts', 'writeFileDurably', path), 'EFBIG');
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(folder), ['file']);
});
