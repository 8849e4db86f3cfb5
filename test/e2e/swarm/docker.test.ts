import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { cleanEnv } from '../../kit/docker/setup.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { SERVICE, type SwarmSetup, startSwarmSetup, WORKERS_ONLY } from '../../kit/swarm/setup.js';

const scope = fileScope();
let started: Promise<SwarmSetup> | undefined;
/** One manager, two workers; in the beginning only these have agents. */
const sharedSetup = () => {
  started ??= startSwarmSetup(scope, { managers: 1, constraint: WORKERS_ONLY });
  return started;
};
const SERVICE_MS = 60_000;
const STACK = `
version: "3.7"
services:
  clock:
    image: ${BUSYBOX_IMAGE}
    command: ["sh", "-c", "while :; do echo tick; sleep 1; done"]
    deploy: { replicas: 2 }
`;

serialLabTest(
  'swarm: with agents on workers only, node calls work and Swarm calls say why not, until a manager has one',
  async (t) => {
    t.timeout(300_000);
    const setup = await sharedSetup();
    const [manager, ...workers] = setup.swarm.nodes;
    for (const { id, name } of workers) {
      t.is((await setup.docker(['info', '-f', '{{.Name}}'], { node: id })).stdout.trim(), name);
    }
    t.regex(await setup.leader(), /^node[23]$/);
    await noManager(t, setup);
    const refused = await setup.docker(['info'], { node: manager.name, allowFailure: true });
    t.not(refused.code, 0, 'this node has not been reported');

    const update = ['service', 'update', '--quiet', '--constraint-rm', WORKERS_ONLY, SERVICE];
    await manager.docker(...update);
    await untilPrinted(t, setup, ['info', '-f', '{{.Name}}'], /^node1$/m);
    t.regex((await setup.docker(['service', 'ls'])).stdout, /fairlead-agent/);
    const nodes = await setup.untilNodes((all) => all.every(({ agent }) => agent?.online));
    t.deepEqual(
      nodes.map(({ name, confirmed, agent }) => [name, confirmed, agent?.isLeader]),
      [
        ['node1', true, true],
        ['node2', true, false],
        ['node3', true, false],
      ],
    );
  },
);

serialLabTest('swarm: a shell opens in a container of each node, on a terminal', async (t) => {
  t.timeout(240_000);
  const setup = await sharedSetup();
  for (const { name } of setup.swarm.nodes) {
    await setup.docker(
      ['run', '-d', '--name', `shell-${name}`, '--hostname', `in-${name}`, BUSYBOX_IMAGE, 'sleep', '600'],
      { node: name },
    );
    const side = { kind: 'hub', program: 'docker', args: setup.dockerArgs(name), env: cleanEnv() } as const;
    const terminal = startTerminal(t, side, ['exec', '-it', `shell-${name}`, 'sh']);
    await terminal.untilOutput(/# /);
    terminal.write('echo "this is $(hostname)"\r');
    await terminal.untilOutput(new RegExp(`this is in-${name}`));
    terminal.write('exit 7\r');
    t.is((await terminal.end()).code, 7);
    await setup.docker(['rm', '-f', `shell-${name}`], { node: name });
  }
});

serialLabTest('swarm: services, stacks and nodes are managed through the hub', async (t) => {
  t.timeout(240_000);
  const setup = await sharedSetup();
  const { docker } = setup;
  await docker([
    'service',
    'create',
    '-d',
    '--name',
    'web',
    '--replicas',
    '2',
    BUSYBOX_IMAGE,
    'sh',
    '-c',
    'echo hello; sleep 600',
  ]);
  await untilRunning(t, setup, 'web', 2);
  await docker(['service', 'scale', '-d', 'web=3']);
  await untilRunning(t, setup, 'web', 3);
  await docker(['service', 'update', '-d', '--env-add', 'COLOUR=blue', 'web']);
  await untilPrinted(t, setup, ['service', 'inspect', '-f', '{{.UpdateStatus.State}}', 'web'], /completed/);
  await untilPrinted(t, setup, ['service', 'logs', '--raw', 'web'], /hello/);
  await docker(['service', 'rm', 'web']);

  await docker(['stack', 'deploy', '-c', '-', 'times'], { input: STACK });
  await untilRunning(t, setup, 'times_clock', 2);
  t.regex((await docker(['stack', 'services', 'times'])).stdout, /times_clock/);
  await docker(['stack', 'rm', 'times']);

  const names = (await docker(['node', 'ls', '--format', '{{.Hostname}}'])).stdout.trim().split('\n');
  t.deepEqual(names.sort(), ['node1', 'node2', 'node3']);
  const [, worker] = setup.swarm.nodes;
  await docker(['node', 'update', '--label-add', 'shop=12', worker.name]);
  const { stdout } = await docker(['node', 'inspect', '-f', '{{.Spec.Labels.shop}}', worker.name]);
  t.is(stdout.trim(), '12');
});

serialLabTest('swarm: a node whose agent reaches only the hub is fully reachable', async (t) => {
  t.timeout(240_000);
  const setup = await sharedSetup();
  const [, , lonely] = setup.swarm.nodes;
  await lonely.isolateFromPeers();
  try {
    const at = { node: lonely.name };
    await setup.docker(['run', '-d', '--name', 'lonely', BUSYBOX_IMAGE, 'sleep', '600'], at);
    t.is((await setup.docker(['exec', 'lonely', 'echo', 'heard'], at)).stdout.trim(), 'heard');
    t.regex((await setup.docker(['ps', '--format', '{{.Names}}'], at)).stdout, /lonely/);
    await setup.docker(['rm', '-f', 'lonely'], at);
  } finally {
    await lonely.rejoinPeers();
  }
});

serialLabTest(
  'swarm: without its manager node calls work and Swarm calls say why not; it leads again as soon as it is back',
  async (t) => {
    t.timeout(240_000);
    const setup = await sharedSetup();
    const [manager, worker] = setup.swarm.nodes;
    t.is(await setup.leader(), manager.name);
    await manager.engine.stop();
    await untilPrinted(t, setup, ['info', '-f', '{{.Name}}'], /node[23]/);
    t.is((await setup.docker(['info', '-f', '{{.Name}}'], { node: worker.id })).stdout.trim(), worker.name);
    await noManager(t, setup);

    await manager.engine.start();
    await untilPrinted(t, setup, ['info', '-f', '{{.Name}}'], /node1/);
    t.regex((await setup.docker(['service', 'ls'])).stdout, /fairlead-agent/);
  },
);

/** Calls about the whole Swarm say that no manager can be asked. */
async function noManager(t: ExecutionContext, setup: SwarmSetup): Promise<void> {
  const refused = await setup.docker(['service', 'ls'], { allowFailure: true });
  t.not(refused.code, 0);
  t.regex(refused.stderr, /No manager of this Swarm is reachable/);
  const path = `/edge/api/environments/${setup.created.id}/docker/services`;
  const { status, body } = await setup.hub.call<{ code: string }>('GET', path);
  t.like({ status, ...body }, { status: 503, code: 'swarm-manager-unavailable' });
}

function untilRunning(t: ExecutionContext, setup: SwarmSetup, service: string, count: number): Promise<void> {
  const list = ['service', 'ls', '--filter', `name=${service}`, '--format', '{{.Replicas}}'];
  return untilPrinted(t, setup, list, new RegExp(`^${count}/${count}`));
}

/** Asserts that a command through the hub prints what matches, in time. */
async function untilPrinted(
  t: ExecutionContext,
  setup: SwarmSetup,
  args: readonly string[],
  pattern: RegExp,
): Promise<void> {
  const deadline = Date.now() + SERVICE_MS;
  let last = await setup.docker(args, { allowFailure: true });
  while (!pattern.test(last.stdout) && Date.now() < deadline) {
    await delay(250);
    last = await setup.docker(args, { allowFailure: true });
  }
  t.regex(last.stdout, pattern, `docker ${args.join(' ')}: ${last.stderr}`);
}
