import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { LabEngine } from '../../../tools/lab/engine.js';
import { makeBusyboxImage } from '../../../tools/lab/images/base-image.js';
import { dockerPyFolder } from '../../../tools/lab/install/docker-py.js';
import { runCommand } from '../../../tools/lab/run-command.js';
import { SwarmNode } from '../../../tools/lab/swarm/node.js';
import { LabSwitch } from '../../../tools/lab/swarm/switch.js';
import { portSide } from '../../kit/docker/port-side.js';
import { cleanEnv, joinEngine } from '../../kit/docker/setup.js';
import { startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const serialDockerPyTest =
  process.env.FAIRLEAD_NO_LAB || process.env.FAIRLEAD_NO_DOCKER_PY ? test.serial.skip : test.serial;
const SCENARIO = fileURLToPath(new URL('docker-py/main.py', import.meta.url));
/** Of a section: it takes seconds. */
const SECTION_MS = 240_000;

/** A step's name and its outcome. */
type Step = readonly [string, unknown];

const scope = fileScope();
let started: Promise<Ways> | undefined;
const theWays = () => {
  started ??= startWays();
  return started;
};

interface Ways {
  /** Variables for the engine's own socket, and for the Docker port. */
  readonly direct: NodeJS.ProcessEnv;
  readonly through: NodeJS.ProcessEnv;
  /** The same through its own environment, whose agent has just connected. */
  throughAnother(): Promise<NodeJS.ProcessEnv>;
  readonly node: SwarmNode;
  readonly peer: SwarmNode;
}

/** Engines of their own: the scenario prunes, counts, and makes Swarms. */
async function startWays(): Promise<Ways> {
  const lan = await LabSwitch.create(2);
  scope.teardown(() => lan.close());
  const startNode = async (number: number) => {
    const engine = await LabEngine.create({ hostName: `node${number}`, layWire: lan.port(number) });
    scope.teardown(() => engine.close());
    return new SwarmNode(engine, number, lan);
  };
  const [node, peer, hub] = await Promise.all([
    startNode(1),
    startNode(2),
    startHub(scope, { env: { FAIRLEAD_DOCKER_PORT: '0' } }),
  ]);
  const { socketPath } = node.engine;
  await makeBusyboxImage(node.engine);
  const way = async (name: string) => {
    const { environmentId } = await joinEngine(scope, hub, socketPath, { environment: { name } });
    return (await portSide(scope, hub, environmentId)).side.env;
  };
  const direct = { ...cleanEnv(), DOCKER_HOST: `unix://${socketPath}` };
  return { direct, through: await way('one'), throughAnother: () => way('another'), node, peer };
}

async function runSection(
  env: NodeJS.ProcessEnv,
  section: string,
  options: readonly string[] = [],
): Promise<Step[]> {
  const home = await tempFolder(scope);
  const { stdout } = await runCommand('python3', ['-B', SCENARIO, section, ...options], {
    cwd: dirname(SCENARIO),
    env: {
      ...env,
      HOME: home,
      DOCKER_CONFIG: join(home, 'docker'),
      DOCKER_PY: await dockerPyFolder(),
    },
    timeoutMs: SECTION_MS,
  });
  return JSON.parse(stdout);
}

/** What is compared is whole only if the scenario went through all its steps, most of which succeed. */
function compareSection(
  title: string,
  section: string,
  options: (ways: Ways) => Promise<string[]> = async () => [],
  throughHub: { wayOf(ways: Ways): Promise<NodeJS.ProcessEnv>; options: readonly string[] } = {
    wayOf: async ({ through }) => through,
    options: [],
  },
) {
  serialDockerPyTest(title, async (t) => {
    t.timeout(SECTION_MS * 2);
    const ways = await theWays();
    const given = await options(ways);
    const direct = await runSection(ways.direct, section, given);
    const way = await throughHub.wayOf(ways);
    const through = await runSection(way, section, [...given, ...throughHub.options]);
    t.deepEqual(
      through.map(([name]) => name),
      direct.map(([name]) => name),
    );
    for (const [index, [name, result]] of direct.entries()) t.deepEqual(through[index]?.[1], result, name);
  });
}

compareSection('docker-py: the engine, its plugins, its events and its errors are the same', 'system');
compareSection('docker-py: containers live, write and end as on the engine', 'containers');
compareSection('docker-py: exec and attach carry each stream both ways', 'streams');
compareSection('docker-py: archives go in and out', 'archives');
compareSection('docker-py: images are built, saved, loaded, imported and pruned', 'images');
compareSection('docker-py: networks and volumes', 'networks');
compareSection('docker-py: Swarms begun, joined and left in a row', 'swarm', swarmOfPeer);
compareSection('docker-py: a worker that leaves its Swarm and creates one', 'worker', swarmOfPeer, {
  wayOf: ({ throughAnother }) => throughAnother(),
  options: ['way=hub'],
});

async function swarmOfPeer({ node, peer }: Ways): Promise<string[]> {
  if (peer.id === '') await peer.initSwarm();
  const token = await peer.docker('swarm', 'join-token', '-q', 'worker');
  return [`address=${node.address}`, `peer=${peer.address}`, `token=${token}`];
}
