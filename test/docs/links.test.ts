import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['docs', 'plugin', 'host', 'protocol', 'bench', 'deploy'];

/** Every page of the project, relative to its root. */
async function readPages(): Promise<Map<string, string>> {
  const top = (await readdir(ROOT)).filter((name) => name.endsWith('.md'));
  const below = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true }))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
  );
  const pages = [...top, ...below.flat()];
  return new Map(
    await Promise.all(
      pages.map(async (page) => [page, await readFile(join(ROOT, page), 'utf8')] as [string, string]),
    ),
  );
}

/** The text without code, in which brackets and # mean something else. */
function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, 'code');
}

/** The anchors that GitHub gives a page's headings, and those it sets itself. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  const own = [...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...headings, ...own]);
}

test('links: every relative link of every page resolves, its anchor included', async (t) => {
  const pages = await readPages();
  t.true(pages.size > 30, `only ${pages.size} pages`);
  const broken: string[] = [];
  let count = 0;
  for (const [page, text] of pages) {
    for (const [, link = ''] of withoutCode(text).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      count += 1;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
      const exists = await access(join(ROOT, target)).then(
        () => true,
        () => false,
      );
      const targetText = pages.get(target);
      const hasAnchor =
        anchor === undefined || (targetText !== undefined && anchorsOf(targetText).has(anchor));
      if (!exists || !hasAnchor) broken.push(`${page}: ${link}`);
    }
  }
  t.true(count > 100, `only ${count} links`);
  t.deepEqual(broken, []);
});

test('links: every file of deploy/ that a page names exists', async (t) => {
  const named = [...(await readPages()).values()].flatMap((text) =>
    [...text.matchAll(/\bdeploy\/[\w./-]+\w/g)].map(([path]) => path),
  );
  t.true(named.length > 5);
  for (const path of new Set(named)) await t.notThrowsAsync(access(join(ROOT, path)), path);
});

test('links: every file that CONTRIBUTING.md names exists', async (t) => {
  const text = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const named = [
    ...text.matchAll(/\b(?:plugin|host|protocol|agent-image|test|tools)\/[\w./-]+\.(?:ts|json)\b/g),
  ];
  t.true(named.length > 8, `only ${named.length} files`);
  for (const [path] of named) await t.notThrowsAsync(access(join(ROOT, path)), path);
});
