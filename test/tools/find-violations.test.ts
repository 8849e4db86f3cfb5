import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findViolations } from '../../tools/find-violations.js';

async function plantTree(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-tree-'));
  t.teardown(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'package.json'), '{"dependencies":{"koa":"3.3.0"}}');
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), source);
  }
  return root;
}

const PLANTED: ReadonlyArray<readonly [title: string, file: string, source: string, says: string]> = [
  [
    'the agent importing the plugin',
    'agent-image/src/tunnel/a.ts',
    "import { x } from '../../../plugin/server-hooks/host.js';",
    'agent-image/src/tunnel/a.ts may not import plugin/server-hooks/host.ts',
  ],
  [
    'a lower layer importing a higher one, by type',
    'plugin/server-hooks/store/a.ts',
    "import type {\n  X,\n} from '../environments/x.js';",
    'plugin/server-hooks/store/a.ts may not import plugin/server-hooks/environments/x.ts',
  ],
  [
    'siblings in the hub importing each other',
    'plugin/server-hooks/docker/a.ts',
    "export { x } from '../environments/x.js';",
    'plugin/server-hooks/docker/a.ts may not import plugin/server-hooks/environments/x.ts',
  ],
  [
    'the host going behind the plugin entry',
    'host/a.ts',
    "const x = await import('../plugin/server-hooks/store/store.js');",
    'host/a.ts may not import plugin/server-hooks/store/store.ts',
  ],
  [
    'shipped code importing a package that is not installed there',
    'protocol/a.ts',
    "import 'ava';",
    'protocol/a.ts imports ava, which is not among the dependencies of package.json',
  ],
  [
    'a file in a folder without a layer',
    'plugin/server-hooks/new/a.ts',
    'export {};',
    'plugin/server-hooks/new/a.ts has no layer: give it one in tools/layers.ts',
  ],
];

for (const [title, file, source, says] of PLANTED) {
  test(`import rules: find ${title}`, async (t) => {
    t.deepEqual(await findViolations(await plantTree(t, { [file]: source })), [says]);
  });
}

test('import rules: find a cycle of type imports', async (t) => {
  const root = await plantTree(t, {
    'protocol/a.ts': "import type { B } from './b.js';",
    'protocol/b.ts': "import type { C } from './c.js';",
    'protocol/c.ts': "import type { A } from './a.js';",
  });
  const [violation = '', ...others] = await findViolations(root);
  t.regex(violation, /^import cycle: /);
  t.deepEqual(others, []);
});

test('import rules: pass a tree that keeps them, and text that only resembles imports', async (t) => {
  const root = await plantTree(t, {
    'protocol/a.ts': 'export const A = 1;',
    'plugin/server-hooks/tunnel/b.ts':
      "import Koa from 'koa';\nimport { A } from '../../../protocol/a.js';\nexport type B = 'from' | '../../host';",
    'plugin/server-hooks/environments/c.ts': "import type { B } from '../tunnel/b.js';",
  });
  t.deepEqual(await findViolations(root), []);
});
