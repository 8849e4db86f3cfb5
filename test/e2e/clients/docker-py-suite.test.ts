import test from 'ava';
import { LabEngine } from '../../../tools/lab/engine.js';
import { makeBusyboxImage } from '../../../tools/lab/images/base-image.js';
import { dockerPyFolder } from '../../../tools/lab/install/docker-py.js';
import { dockerPySuiteFolder } from '../../../tools/lab/install/docker-py-suite.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { portSide } from '../../kit/docker/port-side.js';
import { cleanEnv, joinEngine } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE } from '../../kit/engine/lab.js';
import { startHub } from '../../kit/hub/hub.js';
import type { Scope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const suiteTest = process.env.FAIRLEAD_NO_LAB || process.env.FAIRLEAD_NO_DOCKER_PY ? test.skip : test;
const INTEGRATION = 'tests/integration';
/** `FAIRLEAD_DOCKER_PY_SUITE=all` takes eight minutes. */
const isAll = process.env.FAIRLEAD_DOCKER_PY_SUITE === 'all';
/** Streams: what a proxy can get wrong. */
const SHORT = [
  'api_exec_test.py',
  'api_container_test.py::LogsTest',
  'api_container_test.py::AttachContainerTest',
];
/** They need a registry, a plugin, GPG, or a Swarm of their own. */
const LEFT_OUT = ['api_swarm_test.py', 'api_plugin_test.py', 'api_build_test.py', 'credentials'];
/**
 * The same, and the machine's contexts. Those that detach pass or fail by chance on the engine too, and their authors mark those that
 * cancel as flaky over TLS.
 */
const LEFT_OUT_NAMES =
  'pull swarm Swarm service Service node plugin prune Context detach cancel no_stream socket_ws';
/** Names that the tests use; the lab's image serves for all. */
const TAGS = ['busybox:latest', 'alpine:3.10', 'alpine:latest', 'hello-world:latest'];
const RUN_MS = 280_000;

suiteTest(
  'docker-py: of its own integration tests, what passes on the engine passes by the Docker port',
  async (t) => {
    t.timeout(2 * RUN_MS);
    // The tests count, and remove what they have not made.
    const engine = await LabEngine.create();
    t.teardown(() => engine.close());
    await makeBusyboxImage(engine);
    for (const tag of TAGS) await engine.docker(['tag', BUSYBOX_IMAGE, tag]);
    const hub = await startHub(t, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
    const { environmentId } = await joinEngine(t, hub, engine.socketPath);
    const { side } = await portSide(t, hub, environmentId);
    const direct = await runSuite(t, { ...cleanEnv(), DOCKER_HOST: `unix://${engine.socketPath}` });
    const through = await runSuite(t, side.env);
    t.log(`${direct.length} pass on the engine, ${through.length} by the port`);
    t.true(direct.length > (isAll ? 200 : 18), direct.join('\n'));
    t.deepEqual(
      direct.filter((name) => !through.includes(name)),
      [],
    );
  },
);

/** The tests that pass. */
async function runSuite(t: Scope, env: NodeJS.ProcessEnv): Promise<string[]> {
  const home = await tempFolder(t);
  const files = isAll ? [INTEGRATION] : SHORT.map((name) => `${INTEGRATION}/${name}`);
  const ignored = LEFT_OUT.map((name) => `--ignore=${INTEGRATION}/${name}`);
  const names = LEFT_OUT_NAMES.replaceAll(' ', ' and not ');
  const options = ['-v', '--tb=no', '-p', 'no:cacheprovider', '-k', `not ${names}`];
  const { stdout } = await runCommand('pytest-3', [...options, ...ignored, ...files], {
    cwd: await dockerPySuiteFolder(),
    env: {
      ...env,
      HOME: home,
      DOCKER_CONFIG: home,
      PYTHONPATH: `${await dockerPyFolder()}:.`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    allowFailure: true,
    timeoutMs: RUN_MS,
  });
  return [...stdout.matchAll(/^(\S+::\S+) PASSED/gm)].map(([, name = '']) => name);
}
