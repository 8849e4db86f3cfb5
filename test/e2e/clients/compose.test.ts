import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../tools/lab/run-command.js';
import { onBothSides } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE, serialServerTest } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

const PROJECT = `
version: '3.7'
services:
  web:
    build: .
    volumes: ['kept:/kept']
    command: sh -c 'echo started; cat /built; exec sleep 600'
    stop_signal: SIGKILL
  once:
    image: ${BUSYBOX_IMAGE}
    depends_on: [web]
    command: 'true'
volumes: {kept: {}}
`;

serialServerTest('docker port: Compose builds, starts, uses and removes a project', async (t) => {
  t.timeout(180_000);
  const setup = await startPortSetup(t);
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'docker-compose.yml'), PROJECT);
  await writeFile(join(folder, 'Dockerfile'), `FROM ${BUSYBOX_IMAGE}\nCOPY file /built\nRUN wc -c /built\n`);
  await writeFile(join(folder, 'file'), 'built\n');
  const ways = { local: setup.local, through: setup.byPort };
  let count = 0;
  const seen = await onBothSides(t, ways, async (side) => {
    const project = `port${process.pid}n${count++}`;
    const env = { ...side.env, COMPOSE_PROJECT_NAME: project, DOCKER_BUILDKIT: '0' };
    const compose = (...args: string[]) => runCommand('docker-compose', args, { cwd: folder, env });
    t.teardown(async () => {
      await setup.engine.docker(['rm', '-f', '-v', `${project}_web_1`, `${project}_once_1`], {
        allowFailure: true,
      });
      await setup.engine.docker(['rmi', '-f', `${project}_web`], { allowFailure: true });
    });
    await compose('build', '--no-cache');
    await compose('up', '-d');
    const services = (await compose('ps', '--services')).stdout;
    const exec = await compose('exec', '-T', 'web', 'sh', '-c', 'touch /kept/x; cat /built');
    const run = await compose('run', '--rm', '--no-deps', 'web', 'cat', '/kept/x', '/built');
    const logs = (await compose('logs', '--no-color', 'web')).stdout.replaceAll(project, 'PROJECT');
    await compose('down', '-v', '--rmi', 'local');
    const left = await setup.engine.docker([
      'ps',
      '-aq',
      '--filter',
      `label=com.docker.compose.project=${project}`,
    ]);
    return { services, exec: exec.stdout, run: run.stdout, logs, left: left.stdout };
  });
  t.like(seen, { services: 'web\nonce\n', exec: 'built\n', run: 'built\n', left: '' });
  t.regex(seen.logs, /started\n.*built\n/);
});
