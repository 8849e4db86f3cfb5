import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { replaceFile } from '../../../../agent-image/src/machine/replace-file.js';
import { writeFileLimited } from '../../../kit/fault/write-file-limited.js';
import { tempFolder } from '../../../kit/temp-folder.js';

for (const durable of [true, false]) {
  const kind = durable ? 'durable' : 'passing';

  test(`agent file, ${kind}: is created and replaced for its owner only, without leftovers`, async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'file');
    await replaceFile(path, 'old', durable);
    await chmod(path, 0o644);
    await replaceFile(path, 'new', durable);
    t.is(await readFile(path, 'utf8'), 'new');
    t.is((await stat(path)).mode & 0o777, 0o600);
    t.deepEqual(await readdir(folder), ['file']);
  });

  test(`agent file, ${kind}: a short write fails and leaves the old one`, async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'file');
    await writeFile(path, 'old');
    t.is(
      await writeFileLimited('agent-image/src/machine/replace-file.ts', 'replaceFile', path, durable),
      'EFBIG',
    );
    t.is(await readFile(path, 'utf8'), 'old');
    t.deepEqual(await readdir(folder), ['file']);
  });
}

test('agent file: has its mode whatever the umask is', async (t) => {
  const path = join(await tempFolder(t), 'file');
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await replaceFile(path, 'text', false, 0o644);
  t.is((await stat(path)).mode & 0o777, 0o644);
});

test('agent file: a folder that is not there is an error', async (t) => {
  const path = join(await tempFolder(t), 'missing', 'file');
  await t.throwsAsync(replaceFile(path, 'text', true), { code: 'ENOENT' });
});
