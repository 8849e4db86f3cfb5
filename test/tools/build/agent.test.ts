import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { buildAgent } from '../../../tools/build/agent.js';
import { tempFolder } from '../../kit/temp-folder.js';

test('agent bundle: is at most 400 KB', async (t) => {
  const bytes = await buildAgent(join(await tempFolder(t), 'main.mjs'));
  t.true(bytes <= 400 * 1024, `${bytes}`);
  t.log(`${(bytes / 1024).toFixed(0)} KB`);
});

test('npm run agent: builds the agent only', async (t) => {
  const { scripts } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  t.is(scripts.preagent, 'node --import tsx tools/build.ts agent');
});
