import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { buildPanel } from '../../../tools/build/panel.js';
import { tempFolder } from '../../kit/temp-folder.js';

test('panel: is small without its console, which loads separately and adds no styles that a strict policy refuses', async (t) => {
  const folder = await tempFolder(t);
  const { first, console } = await buildPanel(folder);
  t.true(first < 120 * 1024, `${first}`);
  t.true(console > first);
  const code = await Promise.all(
    (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  );
  const entry = code.find(([name]) => name === 'fairlead-panel.js')?.[1] ?? '';
  t.regex(entry, /import\("\.\/console-tool-/);
  t.notRegex(entry, /from"\.\/console-tool-/);
  const terminal = code.find(([name]) => name.startsWith('console-tool'))?.[1] ?? '';
  t.true(terminal.includes('createElement("fairlead-adopted-style")'));
  for (const refused of ['createElement("style")', 'setAttribute("style"'])
    t.false(terminal.includes(refused), refused);
});
