import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { makeTar } from '../../../../plugin/server-hooks/docker-access/tar.js';
import { tempFolder } from '../../../kit/temp-folder.js';

test('tar: the system’s tar extracts names, modes, times and contents', async (t) => {
  const folder = await tempFolder(t);
  const texts = { 'ca.pem': 'a'.repeat(512), 'cert.pem': 'b'.repeat(1_500), 'key.pem': 'key\n', empty: '' };
  const files = Object.entries(texts).map(([name, text]) => ({
    name,
    text,
    mode: name === 'key.pem' ? 0o600 : 0o644,
  }));
  await writeFile(join(folder, 'all.tar'), makeTar(files, Date.UTC(2030, 0, 1)));
  await promisify(execFile)('tar', ['-C', folder, '-xpf', join(folder, 'all.tar')]);
  for (const { name, text, mode } of files) {
    t.is(await readFile(join(folder, name), 'utf8'), text);
    const { mode: extracted, mtimeMs } = await stat(join(folder, name));
    t.is(extracted & 0o777, mode);
    t.is(mtimeMs, Date.UTC(2030, 0, 1));
  }
});
