import { docker } from '../../kit/docker/compare.js';
import { startDocker } from '../../kit/docker/session.js';
import { cleanEnv, type DockerSide, startDockerSetup } from '../../kit/docker/setup.js';
import { serialLabTest } from '../../kit/engine/lab.js';
import { tempFolder } from '../../kit/temp-folder.js';

serialLabTest(
  'base path: DOCKER_CUSTOM_HEADERS carries the token, as a bearer or by HTTP Basic',
  async (t) => {
    const { hub, environmentId, through } = await startDockerSetup(t);
    const version = ['version', '--format', '{{.Server.Version}}'];
    const expected = await docker(t, through, version);
    const caFile = through.args[through.args.indexOf('--tlscacert') + 1] ?? '';
    const url = `tcp://localhost:${hub.port}/edge/api/environments/${environmentId}/docker`;
    const basic = Buffer.from(`anyone:${hub.token}`).toString('base64');
    for (const [host, authorization] of [
      [url, `Bearer ${hub.token}`],
      [url, `Basic ${basic}`],
      [`${url}/`, `Bearer ${hub.token}`],
    ]) {
      const side: DockerSide = {
        kind: 'hub',
        program: 'docker',
        args: ['--tlsverify', '--tlscacert', caFile, '-H', host ?? ''],
        env: {
          ...cleanEnv(),
          DOCKER_CONFIG: await tempFolder(t),
          DOCKER_CUSTOM_HEADERS: `Authorization=${authorization}`,
        },
      };
      t.is(await docker(t, side, version), expected, `${host} ${authorization?.slice(0, 6)}`);
      const refused = startDocker(t, side, ['ps'], {
        env: { DOCKER_CUSTOM_HEADERS: 'Authorization=Bearer flt_invented' },
      });
      t.not((await refused.end()).code, 0);
    }
  },
);
