import { join } from 'node:path';
import { runCommand } from '../../../tools/lab/run-command.js';
import { containerName, docker } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { portSide } from '../../kit/docker/port-side.js';
import { startDocker } from '../../kit/docker/session.js';
import { cleanEnv } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** Promised is under a second. */
const REVOKED_MS = 5_000;

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

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

serialLabTest('docker port: curl with the folder of an access gets the engine’s answers', async (t) => {
  const { port, local } = await sharedSetup();
  const { folder, access } = port;
  const file = (name: string) => join(folder, name);
  const curl = (path: string, ...args: string[]) =>
    runCommand('curl', [
      ...['-sS', '--cacert', file('ca.pem'), '--cert', file('cert.pem'), '--key', file('key.pem')],
      ...[...args, `${access.host.replace('tcp:', 'https:')}${path}`],
    ]);
  const version = await docker(t, local, ['version', '--format', '{{.Server.Version}}']);
  t.is(JSON.parse((await curl('/v1.41/version')).stdout).Version, version.trim());
  const missing = await curl('/containers/nothing-here/json', '-w', ' %{http_code}');
  t.is(missing.stdout, '{"message":"No such container: nothing-here"}\n 404');
});
