import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  removeLeftovers,
  writeFileDurably,
  writeFileWhole,
} from '../../../protocol/disk/write-file-durably.js';
import { writeFileLimited } from '../../kit/fault/write-file-limited.js';
import { tempFolder } from '../../kit/temp-folder.js';

for (const write of [writeFileDurably, writeFileWhole]) {
  test(`${write.name}: creates and replaces a file for its owner only, and leaves no other file`, async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'file');
    await write(path, 'old');
    await chmod(path, 0o644);
    await write(path, 'new, and longer than any one write: '.repeat(100_000));
    t.is((await readFile(path, 'utf8')).length, 3_600_000);
    t.is((await stat(path)).mode & 0o777, 0o600);
    t.deepEqual(await readdir(folder), ['file']);
  });
}

test('writeFileDurably: sets the given permissions', async (t) => {
  const path = join(await tempFolder(t), 'file');
  await writeFileDurably(path, 'public', 0o644);
  t.is((await stat(path)).mode & 0o777, 0o644);
});

test('writeFileDurably: writes through a symbolic link', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real/file'), 'old');
  await symlink('real/file', join(folder, 'link'));
  await writeFileDurably(join(folder, 'link'), 'new');
  t.true((await lstat(join(folder, 'link'))).isSymbolicLink());
  t.is(await readFile(join(folder, 'real/file'), 'utf8'), 'new');
});

test('writeFileDurably: a disk that writes only a part keeps the old file and reports it', async (t) => {
  const folder = await tempFolder(t);
  const path = join(folder, 'file');
  await writeFile(path, 'old');
  const module = 'protocol/disk/write-file-durably.ts';
  t.is(await writeFileLimited(module, 'writeFileDurably', path), 'EFBIG');
  t.is(await readFile(path, 'utf8'), 'old');
  t.deepEqual(await readdir(folder), ['file']);
});

test('removeLeftovers: removes temp files of the named files and nothing else', async (t) => {
  const folder = await tempFolder(t);
  for (const name of ['a.json', 'a.json.12', 'a.json.1x', 'b.json.12', 'a.json.12.gz', '12']) {
    await writeFile(join(folder, name), '');
  }
  await removeLeftovers(folder, (name) => name === 'a.json');
  t.deepEqual((await readdir(folder)).sort(), ['12', 'a.json', 'a.json.12.gz', 'a.json.1x', 'b.json.12']);
});
