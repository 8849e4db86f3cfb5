import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { PROBLEM_STATUSES } from '../../plugin/server-hooks/http/problem-statuses.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['protocol', 'plugin/server-hooks', 'agent-image/src', 'host'];

/** The ways in which our code gives an error or a log line its code. */
const CODED = [
  /new (?:EdgeError|ConfigError)\(\s*'([a-z-]+)'/g,
  /new Problem\(\s*\d+,\s*'([a-z-]+)'/g,
  /\bfail\(\s*'([a-z-]+)'/g,
  /#refuse\(\s*[\w.]+,\s*'([a-z-]+)'/g,
  // zod's own issues are no errors of ours.
  /(?<!addIssue\(\{ )\bcode: '([a-z-]+)'/g,
  /^ {2}'(hub-[a-z-]+)':/gm,
];

async function sources(): Promise<string> {
  const texts: string[] = [];
  for (const folder of SOURCES) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      // What calls may answer is no proof that anything answers it.
      if (name.endsWith('problem-statuses.ts')) continue;
      if (name.endsWith('.ts')) texts.push(await readFile(join(ROOT, folder, name), 'utf8'));
    }
  }
  return texts.join('\n');
}

async function documented(): Promise<Set<string>> {
  const text = await readFile(join(ROOT, 'docs/errors.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| *(<a|`)/.test(line));
  const cells = rows.map((row) => row.split('|')[1] ?? '');
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code ?? '')));
}

test('errors: every code that the code gives has its row in docs/errors.md', async (t) => {
  const text = await sources();
  const given = new Set(
    CODED.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code ?? '')),
  );
  t.true(given.size > 80, `only ${given.size} codes found: the patterns no longer fit the code`);
  const rows = await documented();
  t.deepEqual([...given].filter((code) => !rows.has(code)).sort(), []);
});

test('errors: every code in docs/errors.md stands in the code', async (t) => {
  const text = await sources();
  const unknown = [...(await documented())].filter((code) => !text.includes(`'${code}'`));
  t.deepEqual(unknown.sort(), []);
});

test('errors: every row can be linked to by its code', async (t) => {
  const text = await readFile(join(ROOT, 'docs/errors.md'), 'utf8');
  const missing = [...(await documented())].filter((code) => !text.includes(`<a id="${code}"></a>`));
  t.deepEqual(missing.sort(), []);
});

test('errors: what calls are documented to answer has a row with that status', async (t) => {
  const text = await readFile(join(ROOT, 'docs/errors.md'), 'utf8');
  const cells = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const wrong = Object.entries(PROBLEM_STATUSES).filter(
    ([code, status]) =>
      !cells.some(([, name, given]) => name?.endsWith(`\`${code}\``) && given === String(status)),
  );
  t.deepEqual(wrong, []);
});
