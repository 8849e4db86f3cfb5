import { execFileSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { certificateArchive } from '../../../protocol/certificates/certificate-archive.js';
import { tempFolder } from '../../kit/temp-folder.js';

test('certificate archive: tar unpacks the three files; the key is for its owner only', async (t) => {
  const folder = await tempFolder(t);
  const files = { ca: 'ca\n', certificate: 'c'.repeat(512), key: 'k'.repeat(1_000) };
  const nowMs = Date.UTC(2026, 0, 1);
  await writeFile(join(folder, 'x.tar'), certificateArchive(files, nowMs));
  const warnings = execFileSync('tar', ['-xvf', 'x.tar'], { cwd: folder }).toString();
  t.is(warnings, 'ca.pem\ncert.pem\nkey.pem\n');
  t.is(await readFile(join(folder, 'ca.pem'), 'utf8'), files.ca);
  t.is(await readFile(join(folder, 'cert.pem'), 'utf8'), files.certificate);
  t.is(await readFile(join(folder, 'key.pem'), 'utf8'), files.key);
  const { mode, mtimeMs } = await stat(join(folder, 'key.pem'));
  t.is(mode & 0o777, 0o600);
  t.is(mtimeMs, nowMs);
});

test('certificate archive: without a key there is no key.pem', async (t) => {
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'x.tar'), certificateArchive({ ca: '1', certificate: '2', key: null }, 0));
  t.is(execFileSync('tar', ['-tf', 'x.tar'], { cwd: folder }).toString(), 'ca.pem\ncert.pem\n');
});
