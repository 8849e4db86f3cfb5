import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { measureHouse } from '../../tools/house-measures.js';
import { tempFolder } from '../kit/temp-folder.js';

const linesOf = (count: number) => 'export {};\n'.repeat(count);

test('house measures: a room within the limits has its median and longest file, and no excess', async (t) => {
  const root = await plantTree(t, {
    'host/a.ts': linesOf(20),
    'host/http/b.ts': linesOf(250),
    'host/http/c.ts': linesOf(110),
  });
  const { rooms, excesses, hasCycle } = await measureHouse(root);
  t.deepEqual(rooms, [{ room: 'host/', files: 3, median: 110, longest: 250 }]);
  t.deepEqual(excesses, []);
  t.false(hasCycle);
});

test('house measures: a long file, a full folder, a long median and a cycle are reported', async (t) => {
  const full = Array.from({ length: 16 }, (_, n) => [`host/f${n}.ts`, linesOf(1)] as const);
  const root = await plantTree(t, {
    ...Object.fromEntries(full),
    'host/http/long.ts': linesOf(251),
    'bench/a.ts': `import './b.js';\n${linesOf(110)}`,
    'bench/b.ts': `import './a.js';\n${linesOf(110)}`,
  });
  const { excesses, hasCycle } = await measureHouse(root);
  t.deepEqual(excesses, [
    'host/http/long.ts has 251 lines, more than 250',
    'host/ has 16 files, more than 15',
    'bench/ has files of 111 lines in the median, more than 110',
  ]);
  t.true(hasCycle);
});

async function plantTree(
  t: Parameters<typeof tempFolder>[0],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = await tempFolder(t);
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), source);
  }
  return root;
}
