import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { type PortSide, portSide } from '../../kit/docker/port-side.js';
import { startDocker } from '../../kit/docker/session.js';
import { cleanEnv, type DockerSetup, joinEngine } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest, sharedEngine } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** Promised is under a second. */
const REVOKED_MS = 5_000;

const scope = fileScope();
let started: Promise<DockerSetup & { readonly port: PortSide }> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup();
  return started;
};

/** As `startDockerSetup`, but its client goes by the Docker port. */
async function startPortSetup() {
  const engine = await sharedEngine();
  const hub = await startHub(scope, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
  const { agent, environmentId } = await joinEngine(scope, hub, engine.socketPath);
  const port = await portSide(scope, hub, environmentId);
  const local = {
    kind: 'local' as const,
    program: 'docker',
    args: [],
    env: { ...cleanEnv(), ...engine.clientEnv },
  };
  return { engine, hub, agent, environmentId, local, through: port.side, port };
}

serialLabTest('docker port: ps, version, inspect and errors are the engine’s own', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const filter = ['ps', '--no-trunc', '--filter', `name=${name}`, '--format', '{{.ID}} {{.Names}}'];
  t.regex((await compare(t, setup, filter)).stdout, /^ID cli-/);
  t.regex((await compare(t, setup, ['inspect', name])).stdout, /"Running": true/);
  await compare(t, setup, ['version']);
  const missing = await compare(t, setup, ['inspect', 'nothing-here']);
  t.is(missing.code, 1);
});

serialLabTest('docker port: run, exec -i and logs -f stream both ways', async (t) => {
  const setup = await sharedSetup();
  const run = await compare(t, setup, [
    'run',
    '--rm',
    BUSYBOX_IMAGE,
    'sh',
    '-c',
    'echo out; echo err >&2; exit 3',
  ]);
  t.like(run, { code: 3, stdout: 'out\n', stderr: 'err\n' });
  const name = containerName(t, setup);
  const script = 'while [ ! -e /stop ]; do sleep 0.05; done; echo end';
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', script]);
  const exec = await compare(t, setup, ['exec', '-i', name, 'sh', '-c', 'cat; sleep 0.2; echo after'], {
    input: 'to the container\n',
  });
  t.like(exec, { code: 0, stdout: 'to the container\nafter\n' });
  const reader = startDocker(t, setup.through, ['logs', '-f', name]);
  await docker(t, setup.local, ['exec', name, 'touch', '/stop']);
  t.like(await reader.end(), { code: 0, stdout: 'end\n' });
});

serialLabTest('docker port: build, save, load and cp carry files unchanged', async (t) => {
  const setup = await sharedSetup();
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'Dockerfile'), `FROM ${BUSYBOX_IMAGE}\nCOPY file /file\nRUN cat /file\n`);
  await writeFile(join(folder, 'file'), 'built\n'.repeat(50_000));
  const env = { DOCKER_BUILDKIT: '0' };
  const tag = `port-${process.pid}`;
  t.teardown(() => setup.engine.docker(['rmi', '-f', tag], { allowFailure: true }));
  const build = await compare(t, setup, ['build', '--no-cache', '-t', tag, folder], { env });
  t.is(build.code, 0, build.stderr);
  await onBothSides(t, setup, async (side) => {
    const own = join(await tempFolder(t), 'image.tar');
    await docker(t, side, ['save', '-o', own, tag]);
    return docker(t, side, ['load', '-i', own]);
  });
  const name = containerName(t, setup);
  await docker(t, setup.local, ['create', '--name', name, tag]);
  await onBothSides(t, setup, async (side) => {
    const target = join(await tempFolder(t), 'out');
    await mkdir(target);
    await docker(t, side, ['cp', `${name}:/file`, target]);
    return readFile(join(target, 'file'), 'utf8');
  });
});

serialLabTest('docker port: a revoked access ends logs -f, and the next call says so', async (t) => {
  const setup = await sharedSetup();
  const { side, access } = await portSide(t, setup.hub, setup.environmentId, { name: 'to be revoked' });
  const name = containerName(t, setup);
  const script = 'while :; do echo tick; sleep 0.1; done';
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', script]);
  const reader = startDocker(t, side, ['logs', '-f', name]);
  await reader.untilOutput(/tick/);
  const path = `/edge/api/environments/${setup.environmentId}/docker-access/${access.id}`;
  t.is((await setup.hub.call('DELETE', path)).status, 204);
  const end = await reader.end(REVOKED_MS);
  t.not(end.code, 0);
  const refused = startDocker(t, side, ['ps']);
  const { code, stderr } = await refused.end();
  t.is(code, 1);
  t.regex(stderr, /The access of this client certificate was revoked/);
});

serialLabTest('docker port: a context made by the printed command works', async (t) => {
  const setup = await sharedSetup();
  const { access, folder } = await portSide(t, setup.hub, setup.environmentId, { name: 'context' });
  const env = { ...cleanEnv(), DOCKER_CONFIG: await tempFolder(t) };
  const side = { kind: 'local' as const, program: 'sh', args: [], env };
  await docker(t, side, ['-c', `cd '${folder}' && ${access.commands.context}`]);
  const listed = await docker(t, { ...side, program: 'docker' }, [
    ...['--context', access.context.name],
    ...['version', '--format', '{{.Server.Version}}'],
  ]);
  const inFolder = `cd '${folder}' && ${access.commands.environment} && docker version --format '{{.Server.Version}}'`;
  t.is(await docker(t, side, ['-c', inFolder]), listed);
});
