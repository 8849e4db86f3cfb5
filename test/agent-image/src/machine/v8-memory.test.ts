import { fileURLToPath } from 'node:url';
import test from 'ava';
import { runCommand } from '../../../../tools/lab/run-command.js';

test('V8 memory: hot functions are compiled only after preferSpeed, and garbage is collected', async (t) => {
  const file = fileURLToPath(new URL('hot-function.ts', import.meta.url));
  const { stdout } = await runCommand(process.execPath, [
    ...['--import', 'tsx', '--allow-natives-syntax'],
    file,
  ]);
  t.deepEqual(JSON.parse(stdout), { memory: false, speed: true, isCollected: true, isExposed: false });
});
