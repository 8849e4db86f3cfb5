import { access } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { runCommand } from '../../../tools/lab/run-command.js';
import { startChild } from '../../kit/child.js';
import { serialLabTest, sharedEngine } from '../../kit/engine/lab.js';

serialLabTest(
  'demo --swarm: the pasted command lists three nodes, and Ctrl-C leaves nothing behind',
  async (t) => {
    t.timeout(180_000);
    const demo = startChild(
      t,
      process.execPath,
      ['--import', 'tsx', 'tools/demo.ts', '--swarm'],
      process.env,
    );
    const pasted = (await demo.untilLine(/^ {2}docker --config /, 150_000)).trim();
    const { stdout } = await runCommand('sh', ['-c', `${pasted} --format "{{.Hostname}} {{.Status}}"`]);
    t.deepEqual(stdout.trim().split('\n').sort(), ['node1 Ready', 'node2 Ready', 'node3 Ready']);
    const gateway = /tcp:\/\/([\d.]+):/.exec(pasted)?.[1];
    const hasGateway = () =>
      Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === gateway));
    t.true(hasGateway());

    t.is(await demo.kill('SIGINT'), 0, demo.lines.join('\n'));
    await t.throwsAsync(access(dirname(/--config (\S+)/.exec(pasted)?.[1] ?? '')), { code: 'ENOENT' });
    t.false(hasGateway());
  },
);

serialLabTest('demo: the pasted command works, and Ctrl-C leaves nothing behind', async (t) => {
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
