import { readFile } from 'node:fs/promises';
import test from 'ava';

test('npm run agent: builds the agent only', async (t) => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  t.is(scripts.preagent, 'node --import tsx tools/build.ts agent');
});
