import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from '../../kit/docker/compare.js';
import { startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import { cleanEnv, type DockerSide } from '../../kit/docker/setup.js';
import { serialLabTest } from '../../kit/engine/lab.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

serialLabTest('base path: the docker CLI sends the token, as a bearer or by HTTP Basic', async (t) => {
  const { hub, environmentId, through } = await startPortSetup(t);
  const version = ['version', '--format', '{{.Server.Version}}'];
  const client = await docker(t, through, ['version', '--format', '{{.Client.Version}}']);
  // Debian 12 has a client that does not know the variable.
  const isOld = Number.parseInt(client, 10) < 28;
  const expected = await docker(t, through, version);
  const caFile = through.args[through.args.indexOf('--tlscacert') + 1] ?? '';
  const url = `tcp://localhost:${hub.port}/edge/api/environments/${environmentId}/docker`;
  const basic = Buffer.from(`anyone:${hub.token}`).toString('base64');
  for (const [host, authorization] of [
    [url, `Bearer ${hub.token}`],
    [url, `Basic ${basic}`],
    [`${url}/`, `Bearer ${hub.token}`],
  ]) {
    const sideWith = async (authorization = ''): Promise<DockerSide> => ({
      kind: 'hub',
      program: 'docker',
      args: ['--tlsverify', '--tlscacert', caFile, '-H', host ?? ''],
      env: { ...cleanEnv(), ...(await headersOf(t, isOld, authorization)) },
    });
    t.is(await docker(t, await sideWith(authorization), version), expected, `${host} ${authorization}`);
    const refused = startDocker(t, await sideWith('Bearer flt_invented'), ['ps']);
    t.not((await refused.end()).code, 0);
  }
});

/** The variable or, for a client that does not know it, a configuration file. */
async function headersOf(t: Scope, isOld: boolean, authorization: string): Promise<NodeJS.ProcessEnv> {
  const folder = await tempFolder(t);
  if (!isOld) return { DOCKER_CONFIG: folder, DOCKER_CUSTOM_HEADERS: `Authorization=${authorization}` };
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ HttpHeaders: { Authorization: authorization } }),
  );
  return { DOCKER_CONFIG: folder };
}
