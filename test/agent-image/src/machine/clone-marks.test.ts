import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readBoot } from '../../../../agent-image/src/machine/clone-marks.js';
import { tempFolder } from '../../../kit/temp-folder.js';

test('machine boot: is the same at each reading, and another one for another boot', async (t) => {
  const file = join(await tempFolder(t), 'boot_id');
  await writeFile(file, `${randomUUID()}\n`);
  const boot = await readBoot(file);
  t.regex(boot ?? '', /^[A-Za-z0-9_-]{16}$/);
  t.is(await readBoot(file), boot);
  await writeFile(file, `${randomUUID()}\n`);
  t.not(await readBoot(file), boot);
});

test('machine boot: is unknown where the system has none, or a malformed one', async (t) => {
  const file = join(await tempFolder(t), 'boot_id');
  t.is(await readBoot(file), undefined);
  await writeFile(file, 'unknown\n');
  t.is(await readBoot(file), undefined);
  t.is(await readBoot(`${file}/below`), undefined);
});

test('machine boot: Linux has one', async (t) => {
  t.regex((await readBoot()) ?? '', /^[A-Za-z0-9_-]{16}$/);
});
