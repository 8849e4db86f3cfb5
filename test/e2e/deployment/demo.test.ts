import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { ExecutionContext } from 'ava';
import { runCommand } from '../../../tools/lab/run-command.js';
import { type Child, startChild } from '../../kit/child.js';
import { serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

const PASTED = /^ {2}docker --context /;

/** A demo, the command that it prints, and a user's environment to paste it in. */
interface Demo {
  readonly demo: Child;
  readonly pasted: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the demo leaves in its folder, and in the user's contexts. */
  leftovers(): Promise<string[]>;
}

async function startDemo(
  t: ExecutionContext,
  args: readonly string[],
  engine: NodeJS.ProcessEnv,
  config: string,
): Promise<Demo> {
  const { DOCKER_HOST: _, ...rest } = process.env;
  const folder = await tempFolder(t);
  const env = { ...rest, DOCKER_CONFIG: config, FAIRLEAD_LAB_DIR: folder };
  const command = ['--import', 'tsx', 'tools/demo.ts', ...args];
  const demo = startChild(t, process.execPath, command, { ...engine, ...env });
  const pasted = (await demo.untilLine(PASTED, 150_000)).trim();
  const contexts = () => runCommand('docker', ['context', 'ls', '--format', '{{.Name}}'], { env });
  const leftovers = async () => [
    ...(await readdir(folder)).filter((name) => name.startsWith('fairlead-run-')),
    ...(await contexts()).stdout.split('\n').filter((name) => name.startsWith('fairlead-demo')),
  ];
  return { demo, pasted, env, leftovers };
}

serialLabTest(
  'demo --swarm: the pasted command lists three nodes, and Ctrl-C leaves nothing behind',
  async (t) => {
    t.timeout(180_000);
    const { demo, pasted, env, leftovers } = await startDemo(t, ['--swarm'], {}, await tempFolder(t));
    const command = `${pasted} --format "{{.Hostname}} {{.Status}}"`;
    const { stdout } = await runCommand('sh', ['-c', command], { env });
    t.deepEqual(stdout.trim().split('\n').sort(), ['node1 Ready', 'node2 Ready', 'node3 Ready']);
    const dashboard = await demo.untilLine(/Dashboard/);
    const gateway = /https:\/\/([\d.]+):/.exec(dashboard)?.[1];
    const hasGateway = () =>
      Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === gateway));
    t.true(hasGateway());

    t.is(await demo.kill('SIGINT'), 0, demo.lines.join('\n'));
    t.deepEqual(await leftovers(), []);
    t.false(hasGateway());
  },
);

serialLabTest('demo: the pasted command works, and Ctrl-C leaves the user’s own contexts', async (t) => {
  const engine = await sharedEngine();
  const config = await tempFolder(t);
  const own = ['context', 'create', 'fairlead-demo', '--docker', 'host=tcp://own.example:2376'];
  await runCommand('docker', own, { env: { ...process.env, DOCKER_CONFIG: config } });
  const { demo, pasted, env, leftovers } = await startDemo(t, [], engine.clientEnv, config);
  t.is(pasted, 'docker --context fairlead-demo-2 ps');
  const info = pasted.replace(/ ps$/, ' info --format "{{.ID}}"');
  const through = await runCommand('sh', ['-c', info], { env });
  const direct = await engine.docker(['info', '--format', '{{.ID}}']);
  t.is(through.stdout, direct.stdout);
  await runCommand('docker', ['context', 'use', 'fairlead-demo-2'], { env });

  t.is(await demo.kill('SIGINT'), 0, demo.lines.join('\n'));
  t.deepEqual(await leftovers(), ['fairlead-demo']);
  // Clients before 23 have no `context show`.
  const list = ['context', 'ls', '--format', '{{if .Current}}{{.Name}}{{end}}'];
  t.is((await runCommand('docker', list, { env })).stdout.trim(), 'default');
});
