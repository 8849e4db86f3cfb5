import type { ExecutionContext } from 'ava';
import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import { type DockerSetup, dockerClients } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

serialLabTest('docker version, info: the engine’s own answers', async (t) => {
  const setup = await sharedSetup();
  const { stdout } = await compare(t, setup, ['version', '--format', '{{json .Server}}']);
  t.regex(stdout, /"Version":"\d/);
  await compare(t, setup, ['version']);
  // The engine lists its runtimes in the random order of a Go map; containers come and go.
  const normalise = (text: string) =>
    text
      .replace(/(Runtimes: )(.*)/, (_, label, list: string) => label + list.split(' ').sort().join(' '))
      .replace(/(Containers|Running|Paused|Stopped|Images): \d+/g, '$1: N');
  t.regex((await compare(t, setup, ['info'], { normalise })).stdout, /Storage Driver: \S/);
});

serialLabTest(
  'docker ps, top, inspect, diff, port, logs: describe a container as the engine does',
  async (t) => {
    const setup = await sharedSetup();
    const name = containerName(t, setup);
    const script = 'echo out; echo err >&2; rm /etc/group; touch /ready; exec sleep 600';
    const options = ['--label', `probe=${name}`, '-p', '127.0.0.1::80'];
    await docker(t, setup.local, [
      'run',
      '-d',
      '--name',
      name,
      ...options,
      BUSYBOX_IMAGE,
      'sh',
      '-c',
      script,
    ]);
    await docker(t, setup.local, ['exec', name, 'sh', '-c', 'until [ -e /ready ]; do sleep 0.05; done']);

    const filter = ['--filter', `label=probe=${name}`];
    const format = '{{.ID}} {{.Names}} {{.State}} {{.Image}} {{.Command}} {{.Ports}}';
    const ps = await compare(t, setup, ['ps', '--no-trunc', ...filter, '--format', format]);
    t.regex(ps.stdout, / running .* 127\.0\.0\.1:\d+->80\/tcp/);
    t.regex((await compare(t, setup, ['ps', '-aq', ...filter])).stdout, /^ID\n$/);
    t.regex((await compare(t, setup, ['top', name, '-o', 'pid,args'])).stdout, /sleep 600/);
    t.regex((await compare(t, setup, ['inspect', name])).stdout, /"Running": true/);
    t.regex((await compare(t, setup, ['inspect', '-s', name])).stdout, /"SizeRootFs": \d/);
    // The engine lists changes in random order too.
    const inOrder = (text: string) => text.split('\n').sort().join('\n');
    t.regex((await compare(t, setup, ['diff', name], { normalise: inOrder })).stdout, /^D \/etc\/group$/m);
    t.regex((await compare(t, setup, ['port', name])).stdout, /^80\/tcp -> 127\.0\.0\.1:\d+\n/);
    t.like(await compare(t, setup, ['logs', name]), { stdout: 'out\n', stderr: 'err\n' });
    t.is((await compare(t, setup, ['logs', '--tail', '0', name])).stdout, '');
  },
);

serialLabTest('docker system df: the same sums and lists', async (t) => {
  const setup = await sharedSetup();
  t.regex((await compare(t, setup, ['system', 'df'])).stdout, /^Images +\d+/m);
  // The engine lists images of the same second in any order.
  const normalise = (text: string) =>
    text
      .replace(/(About )?\w+ \w+ ago/g, 'AGO')
      .replace(/ +/g, ' ')
      .split('\n')
      .sort()
      .join('\n');
  t.regex((await compare(t, setup, ['system', 'df', '-v'], { normalise })).stdout, /fairlead-lab\/busybox/);
});

serialLabTest('docker stats --no-stream: one line a container', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--net', 'none', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const format = '{{.Name}} {{.PIDs}} {{.NetIO}}';
  const { stdout } = await compare(t, setup, ['stats', '--no-stream', '--format', format, name]);
  t.is(stdout, `${name} 1 0B / 0B\n`);
});

serialLabTest('docker events: a span of the past, which the engine ends', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  const now = () => docker(t, setup.local, ['info', '--format', '{{.SystemTime}}']);
  const since = (await now()).trim();
  await docker(t, setup.local, ['run', '--name', name, BUSYBOX_IMAGE, 'true']);
  const until = (await now()).trim();
  const filter = ['--filter', `container=${name}`, '--format', '{{.TimeNano}} {{.Action}}'];
  const { stdout } = await compare(t, setup, ['events', '--since', since, '--until', until, ...filter]);
  const actions = stdout
    .trim()
    .split('\n')
    .map((text) => text.split(' ')[1]);
  t.deepEqual(
    actions.filter((action) => action !== 'attach'),
    ['create', 'start', 'die'],
  );
});

serialLabTest('docker: a refusal of the engine has the same text', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['create', '--name', name, BUSYBOX_IMAGE]);
  const refused: [number, RegExp, string[]][] = [
    [1, /No such container: missing/, ['logs', 'missing']],
    [1, /No such container: missing/, ['stop', 'missing']],
    [1, /No such object: missing/, ['inspect', 'missing']],
    [1, /already in use/, ['create', '--name', name, BUSYBOX_IMAGE]],
    [1, /is not running/, ['exec', name, 'true']],
    [1, /is not running/, ['kill', name]],
    [1, /Invalid container name/, ['rename', name, '/']],
    [1, /No such image|reference does not exist/, ['image', 'rm', 'missing:1']],
    [1, /invalid filter/i, ['ps', '--filter', 'no=filter']],
  ];
  for (const [code, text, args] of refused) {
    const end = await compare(t, setup, args);
    t.is(end.code, code, args.join(' '));
    t.regex(end.stderr, text);
  }
});

serialLabTest('docker image, volume, network, rename: changes arrive', async (t) => {
  const setup = await sharedSetup();
  const chain = async (make: (name: string) => string[][]) => {
    await onBothSides(t, setup, async (side) => {
      const name = containerName(t, setup);
      const outputs: string[] = [];
      for (const args of make(name)) outputs.push(await docker(t, side, args));
      return outputs.map((text) => text.replaceAll(name, 'NAME').replace(/[0-9a-f]{64}/g, 'ID'));
    });
  };
  await chain((name) => [
    ['image', 'tag', BUSYBOX_IMAGE, `${name}:1`],
    ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}', name],
    ['image', 'history', '-q', `${name}:1`],
    ['image', 'rm', `${name}:1`],
    ['image', 'ls', '-q', name],
  ]);
  await chain((name) => [
    ['volume', 'create', '--label', 'keep=no', name],
    ['volume', 'inspect', '--format', '{{.Name}} {{.Labels}}', name],
    ['volume', 'ls', '-q', '--filter', `name=${name}`],
    ['volume', 'rm', name],
    ['volume', 'ls', '-q', '--filter', `name=${name}`],
  ]);
  await chain((name) => [
    ['network', 'create', '--internal', name],
    ['network', 'ls', '--format', '{{.Name}} {{.Driver}}', '--filter', `name=${name}`],
    ['network', 'inspect', '--format', '{{.Internal}}', name],
    ['network', 'rm', name],
    ['network', 'ls', '-q', '--filter', `name=${name}`],
  ]);
  await chain((name) => [
    ['create', '--name', `${name}-old`, BUSYBOX_IMAGE, 'true'],
    ['rename', `${name}-old`, name],
    ['ps', '-a', '--format', '{{.Names}} {{.State}}', '--filter', `name=${name}`],
    ['rm', name],
    ['ps', '-aq', '--filter', `name=${name}`],
  ]);
});

serialLabTest('docker: each client version on this machine works', async (t) => {
  const setup = await sharedSetup();
  const clients = dockerClients();
  t.true(clients.length > 0);
  for (const { program, version } of clients) {
    t.log(version);
    const own = {
      ...setup,
      local: { ...setup.local, program },
      through: { ...setup.through, program },
      byPort: { ...setup.byPort, program },
    };
    const { stdout } = await compare(t, own, ['version', '--format', '{{.Client.Version}}']);
    t.true(version.includes(stdout.trim()), stdout);
    const run = (name: string) => ['run', '--rm', '-i', '--name', name, BUSYBOX_IMAGE];
    const script = 'wc -c; echo err >&2; exit 5';
    const end = await compare(t, own, (name) => [...run(name), 'sh', '-c', script], {
      input: 'in'.repeat(5e4),
    });
    t.like(end, { code: 5, stdout: '100000\n', stderr: 'err\n' });
    await builds(t, own);
  }
});

/** The classic builder works; by base path a client with BuildKit gets an error with the alternative. */
async function builds(t: ExecutionContext, setup: DockerSetup): Promise<void> {
  const args = ['build', '--no-cache', '-q', '-'];
  const input = `FROM ${BUSYBOX_IMAGE}\nENV A=1\n`;
  t.is((await compare(t, setup, args, { input, env: { DOCKER_BUILDKIT: '0' } })).code, 0);

  const session = startDocker(t, setup.through, args, { env: { DOCKER_BUILDKIT: '1' } });
  session.stdin.end(input);
  const { code, stderr } = await session.end();
  t.not(code, 0);
  // From version 23 on BuildKit is in a plugin, which is missing, or sends no token.
  t.regex(stderr, /set DOCKER_BUILDKIT=0|buildx component is missing|send an API token/);
}
