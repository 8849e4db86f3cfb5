import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runCommand } from '../../tools/lab/run-command.js';
import { startChild } from '../helpers/child.js';
import { labTest, sharedEngine } from '../helpers/lab.js';

labTest('demo: the pasted command works, and Ctrl-C leaves nothing behind', async (t) => {
  const engine = await sharedEngine();
  const demo = startChild(t, process.execPath, ['--import', 'tsx', 'tools/demo.ts'], {
    ...process.env,
    ...engine.clientEnv,
  });
  const pasted = (await demo.untilLine(/^ {2}docker --config /, 120_000)).trim();
  const { DOCKER_HOST: _, DOCKER_CONFIG: __, ...env } = process.env;
  const through = await runCommand('sh', ['-c', pasted.replace(/ ps$/, ' info --format "{{.ID}}"')], { env });
  const direct = await engine.docker(['info', '--format', '{{.ID}}']);
  t.is(through.stdout, direct.stdout);

  const folder = dirname(/--config (\S+)/.exec(pasted)?.[1] ?? '');
  await access(folder);
  t.is(await demo.kill('SIGINT'), 0, demo.lines.join('\n'));
  await t.throwsAsync(access(folder), { code: 'ENOENT' });
});
