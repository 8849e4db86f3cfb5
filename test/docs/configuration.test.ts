import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { usage } from '../../agent-image/src/config/usage.js';
import { describeVariables } from '../../host/variables.js';
import { settings } from '../../plugin/api/settings.js';
import { parseOptions } from '../../plugin/server-hooks/options.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Read by Compose only, set by the panel in consoles, and replaced when the agent is bundled. */
const NOT_CONFIGURATION = ['FAIRLEAD_HUB_IMAGE', 'FAIRLEAD_CONSOLE', 'FAIRLEAD_VERSION'];

/** The rows of a chapter's table: each name with its default, as text. */
async function documented(title: string, page = 'docs/configuration.md'): Promise<Map<string, string>> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const chapter = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  const rows = [...chapter.matchAll(/^\| (`[^|]*) \| ([^|]*) \|/gm)];
  return new Map(
    rows.flatMap(([, names = '', fallback = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => [name, fallback.replaceAll('`', '')] as const),
    ),
  );
}

const sorted = (names: Iterable<string>) => [...names].sort();

test('configuration: the page has every variable of the hub, and its default', async (t) => {
  const rows = [...describeVariables().matchAll(/^ {2}(\w+) .*?(?: \[(.+)\])?$/gm)];
  const page = await documented('Hub');
  t.deepEqual(sorted(page.keys()), sorted(rows.map(([, name = '']) => name)));
  for (const [, name = '', fallback] of rows)
    if (fallback !== undefined) t.is(page.get(name), fallback, name);
});

test('configuration: the page has every variable of the agent, and its default', async (t) => {
  const page = await documented('Agent');
  const names = [...usage('').matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)+)(?:, ([A-Z_]+))?/gm)].flatMap(
    ([, ...found]) => found.filter((name) => name !== undefined),
  );
  t.deepEqual(sorted(page.keys()), sorted(names));
  for (const [, name = '', fallback] of usage('').matchAll(/^ {2}([A-Z_]+) .*\(([^ )]+)\)$/gm)) {
    const given = page.get(name) ?? '';
    t.true(given.startsWith(fallback ?? ''), `${name}: ${given}`);
  }
});

test('configuration: the page has every setting', async (t) => {
  t.deepEqual(sorted((await documented('Settings')).keys()), sorted(Object.keys(settings.shape)));
});

test('configuration: the page has every option of the plugin, and its default', async (t) => {
  const page = await documented('Plugin');
  const options = parseOptions({ dataDir: '/data' });
  t.deepEqual(sorted(page.keys()), sorted(Object.keys(options)));
  for (const name of ['mount', 'tunnelPort', 'dockerPort', 'bind', 'agentImage'] as const)
    t.is(page.get(name), String(options[name]), name);
});

test('configuration: code, pages and samples name no other variable', async (t) => {
  const ofCommand = [...(await documented('Log in', 'docs/cli.md')).keys()];
  const known = new Set([
    ...(await documented('Hub')).keys(),
    ...(await documented('Agent')).keys(),
    ...ofCommand,
    ...NOT_CONFIGURATION,
  ]);
  const unknown: string[] = [];
  const readByCommand = new Set<string>();
  for (const folder of ['host', 'cli', 'plugin', 'agent-image', 'protocol', 'deploy', 'docs']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      // Decisions name variables of tests, too.
      if (!entry.isFile() || entry.name.endsWith('.png') || entry.parentPath.endsWith('decisions')) continue;
      const path = join(entry.parentPath, entry.name);
      for (const [name] of (await readFile(path, 'utf8')).matchAll(/\b(FAIRLEAD|EDGE)_[A-Z_]+[A-Z]\b/g))
        if (!known.has(name)) unknown.push(`${path}: ${name}`);
        else if (folder === 'cli') readByCommand.add(name);
    }
  }
  t.deepEqual(unknown, []);
  t.deepEqual(
    ofCommand.filter((name) => name.startsWith('FAIRLEAD_') && !readByCommand.has(name)),
    [],
  );
});
