import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const FOLDER = fileURLToPath(new URL('../../docs/decisions/', import.meta.url));

test('decisions: the index has each of them', async (t) => {
  const index = await readFile(`${FOLDER}README.md`, 'utf8');
  const pages = (await readdir(FOLDER)).filter((name) => name !== 'README.md');
  t.true(pages.length > 15);
  t.deepEqual(
    pages.filter((page) => !index.includes(`](${page})`)),
    [],
  );
});

test('decisions: every dependency has its reason', async (t) => {
  const reasons = await readFile(`${FOLDER}dependencies.md`, 'utf8');
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(text) as Record<string, Record<string, string>>;
  const names = Object.keys({ ...dependencies, ...devDependencies });
  t.true(names.length > 40);
  const cells = reasons.split('\n').flatMap((row) => /^\| ([^|]*)/.exec(row)?.[1] ?? []);
  const named = new Set(cells.flatMap((cell) => cell.match(/@?[\w./-]+/g) ?? []));
  t.deepEqual(
    names.filter((name) => !name.startsWith('@types/') && !named.has(name)),
    [],
  );
});
