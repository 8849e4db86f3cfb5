import { readFile } from 'node:fs/promises';
import test from 'ava';
import { usage } from '../../../../agent-image/src/config/usage.js';

test('usage: names every variable that the agent reads, and no other', async (t) => {
  const sources = await Promise.all(
    ['read-config.ts', 'engine-address.ts', 'proxy.ts'].map((name) =>
      readFile(new URL(`../../../../agent-image/src/config/${name}`, import.meta.url), 'utf8'),
    ),
  );
  const read = new Set(
    [...sources.join('\n').matchAll(/variables\.\w+\(([^)]*)/g)].flatMap(([, args = '']) =>
      [...args.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, name = '']) => name),
    ),
  );
  t.true(read.size > 12, [...read].join(' '));
  const named = new Set([...usage('').matchAll(/^ {2}([A-Z]+(?:_[A-Z]+)+)/gm)].map(([, name = '']) => name));
  named.delete('EDGE_ID_FILE');
  t.deepEqual([...named].sort(), [...read].sort());
});

test('usage: fits a terminal', (t) => {
  for (const line of usage('').split('\n')) t.true(line.length <= 105, line);
});
