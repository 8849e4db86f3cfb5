import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { buildAgent } from '../../../tools/build/agent.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { tempFolder } from '../../kit/temp-folder.js';

// `agent doctor` is 35 KB of it: an idle agent keeps its text, and runs none of it.
test('agent bundle: is at most 360 KB', async (t) => {
  const bytes = await buildAgent(join(await tempFolder(t), 'main.mjs'));
  t.true(bytes <= 360 * 1024, `${bytes}`);
  t.log(`${(bytes / 1024).toFixed(0)} KB`);
});

test('agent bundle: loads neither HTTP/2 nor fetch before they are needed', async (t) => {
  const bundle = join(await tempFolder(t), 'main.mjs');
  await buildAgent(bundle);
  const print = "process.on('exit', () => console.log(process.moduleLoadList.join('\\n')))";
  const { stdout } = await runCommand(process.execPath, [
    ...['--import', `data:text/javascript,${encodeURIComponent(print)}`],
    ...[bundle, 'version'],
  ]);
  const loaded = stdout.split('\n');
  t.true(loaded.includes('NativeModule https'));
  t.deepEqual(
    loaded.filter((name) => /NativeModule (http2|internal\/deps\/undici)/.test(name)),
    [],
  );
});

test('npm run agent: builds the agent only', async (t) => {
  const { scripts } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  t.is(scripts.preagent, 'node --import tsx tools/build.ts agent');
});
