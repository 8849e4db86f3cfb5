import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = [
  'agent-image',
  'bench',
  'cli',
  'deploy',
  'docs',
  'host',
  'plugin',
  'protocol',
  'test',
  'tools',
];
/** Pages name paths from their own folder, the root of the project, or one of these. */
const BASES = ['', 'plugin/server-hooks/', 'plugin/ui-panel/', 'agent-image/src/', 'docs/'];
const SOURCE = /^[a-z.][\w.<>-]*(\/[\w.<>-]+)*(\.(ts|md|css|html|sh|ya?ml)|\/)$/;
/** Not in the repository: data folders, packages, builds. */
const ELSEWHERE = /^(plugins|node_modules|dist)\//;

/** Every file and, with a slash at its end, every folder; relative to the root. */
async function readTree(): Promise<ReadonlySet<string>> {
  const tree = new Set(await readdir(ROOT));
  for (const folder of FOLDERS) {
    tree.add(`${folder}/`);
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }))
      tree.add(join(entry.parentPath, entry.name).slice(ROOT.length) + (entry.isDirectory() ? '/' : ''));
  }
  return tree;
}

/** Whether a path exists. `<name>` stands for any; a file's bare name may be in any folder. */
function isIn(tree: ReadonlySet<string>, path: string, bases: readonly string[]): boolean {
  if (bases.some((base) => tree.has(base + path))) return true;
  const isBare = !path.includes('/');
  if (!isBare && !path.includes('<')) return false;
  const literal = path.replaceAll('.', '\\.').replaceAll(/<\w+>/g, '[^/]+');
  const pattern = new RegExp(isBare ? `/${literal}$` : `^(${bases.join('|')})${literal}$`);
  return [...tree].some((entry) => pattern.test(entry));
}

test('paths: every source file and folder that a page names exists', async (t) => {
  const tree = await readTree();
  const pages = [...tree].filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');
  t.true(pages.length > 30, `only ${pages.length} pages`);
  const missing: string[] = [];
  let count = 0;
  for (const page of pages) {
    const bases = [...BASES, page.slice(0, page.lastIndexOf('/') + 1)];
    const text = (await readFile(join(ROOT, page), 'utf8')).replace(/^```.*?^```$/gms, '');
    for (const [, code = ''] of text.matchAll(/`([^`\n]+)`/g)) {
      const paths = code.split(/\s+/).filter((word) => SOURCE.test(word) && !ELSEWHERE.test(word));
      count += paths.length;
      missing.push(...paths.filter((path) => !isIn(tree, path, bases)).map((path) => `${page}: ${path}`));
    }
  }
  t.true(count > 100, `only ${count} paths`);
  t.deepEqual(missing, []);
});
