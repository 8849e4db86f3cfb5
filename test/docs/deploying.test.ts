import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { describeVariables } from '../../host/config.js';

const PAGE = 'docs/deploying.md';
/** Of Compose files alone: which image the hub is. */
const NOT_OF_A_PROGRAM = ['FAIRLEAD_HUB_IMAGE'];

test('deploying: what the page links to is there', async (t) => {
  const text = await readFile(PAGE, 'utf8');
  const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
  t.true(links.length > 5);
  for (const path of links) await t.notThrowsAsync(access(join(dirname(PAGE), path)), path);
  for (const [path] of text.matchAll(/\bdeploy\/[\w./-]+\w/g)) await t.notThrowsAsync(access(path), path);
  const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title.toLowerCase().replaceAll(' ', '-'),
  );
  for (const anchor of anchors) t.true(titles.includes(anchor ?? ''), anchor);
});

test('deploying: page and samples name only variables that exist', async (t) => {
  const samples = await readdir('deploy', { recursive: true, withFileTypes: true });
  const files = samples.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const known = `${describeVariables()} ${NOT_OF_A_PROGRAM.join(' ')}`;
  for (const file of [PAGE, ...files]) {
    const text = await readFile(file, 'utf8');
    for (const [name] of text.matchAll(/\bFAIRLEAD_\w+/g)) t.regex(known, new RegExp(`\\b${name}\\b`), file);
  }
});
