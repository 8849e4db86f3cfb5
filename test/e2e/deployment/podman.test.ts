import { readFile } from 'node:fs/promises';
import { buildAgentImage } from '../../../tools/lab/images/agent-image.js';
import { makeBaseImage, makeBusyboxImage } from '../../../tools/lab/images/base-image.js';
import { PodmanEngine } from '../../../tools/lab/podman-engine.js';
import { CONTAINER } from '../../kit/agent/container.js';
import { docker } from '../../kit/docker/compare.js';
import { openConsole } from '../../kit/docker/console.js';
import { startDocker } from '../../kit/docker/session.js';
import { type DockerSide, joinEngine } from '../../kit/docker/setup.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { AGENT_IMAGE, BUSYBOX_IMAGE, serialServerTest } from '../../kit/engine/lab.js';
import { type Hub, startHub } from '../../kit/hub/hub.js';
import { fileScope } from '../../kit/scope.js';

/** SIGKILL comes 4 s after the hang-up; five times that. */
const GONE_MS = 5 * 5_000;

interface PodmanLine {
  readonly hub: Hub;
  readonly podman: PodmanEngine;
  readonly environmentId: number;
  readonly through: DockerSide;
}

const scope = fileScope();
let started: Promise<PodmanLine> | undefined;
const sharedSetup = () => {
  started ??= start();
  return started;
};

async function start(): Promise<PodmanLine> {
  const podman = await PodmanEngine.create();
  scope.teardown(() => podman.close());
  await makeBusyboxImage(podman);
  const hub = await startHub(scope, { env: { FAIRLEAD_AGENT_IMAGE: AGENT_IMAGE } });
  return { hub, podman, ...(await joinEngine(scope, hub, podman.socketPath)) };
}

const shell = (script: string) => [BUSYBOX_IMAGE, 'sh', '-c', script];

serialServerTest('podman: an agent on its API is online, with engine and snapshot', async (t) => {
  t.timeout(180_000);
  const { hub, podman, environmentId } = await sharedSetup();
  const { status, problem, engine } = await hub.until(environmentId, ({ snapshot }) => snapshot !== null);
  t.like({ status, problem }, { status: 'online', problem: null });
  const version = (await podman.paste('podman --version')).trim();
  t.is(`podman version ${engine?.version}`, version);
  const { body } = await hub.call('GET', `/edge/api/environments/${environmentId}/snapshot`);
  t.like(body, { errors: [], swarm: null });
  t.log(version);
});

serialServerTest('podman: containers run, log and stop, and commands run in them', async (t) => {
  t.timeout(180_000);
  const { through } = await sharedSetup();
  const on = (...args: string[]) => docker(t, through, args);
  const ran = startDocker(t, through, [
    'run',
    '--name',
    'ran',
    ...shell('seq 1 100000; echo err >&2; exit 7'),
  ]);
  ran.stdin.end();
  const end = await ran.end();
  t.deepEqual([end.code, end.stdout.length, end.stderr], [7, 588_895, 'err\n']);
  const piped = startDocker(t, through, [
    'run',
    '-i',
    '--name',
    'piped',
    ...shell('wc -c; echo late; exit 9'),
  ]);
  piped.stdin.end(Buffer.alloc(1_000_000));
  t.like(await piped.end(), { code: 9, stdout: '1000000\nlate\n' });

  await on('run', '-d', '--name', 'ticking', ...shell('while :; do echo tick; sleep 0.1; done'));
  t.regex(
    await on('ps', '--format', '{{.Names}} {{.Image}}'),
    new RegExp(`^ticking .*${BUSYBOX_IMAGE}$`, 'm'),
  );
  const follow = startDocker(t, through, ['logs', '-f', 'ticking']);
  await follow.untilOutput(/(tick\n){5}/);
  const exec = startDocker(t, through, ['exec', '-i', 'ticking', 'sh', '-c', 'cat; exit 4']);
  exec.stdin.end('by exec\n');
  t.like(await exec.end(), { code: 4, stdout: 'by exec\n' });
  t.regex(await on('top', 'ticking'), /sleep 0\.1|sh -c/);
  t.regex(await on('stats', '--no-stream', '--format', '{{.PIDs}}', 'ticking'), /^[1-9]/);
  await on('stop', '-t', '0', 'ticking');
  t.is((await follow.end()).code, 0);
  await on('rm', 'ran', 'piped', 'ticking');
  t.is(await on('ps', '-aq'), '');
});

serialServerTest('podman: a terminal with its sizes, keys and exit code', async (t) => {
  const { through } = await sharedSetup();
  const script = `
    stty -echo; tty; read -r word; echo "read $word"
    until [ "$(stty size 2>/dev/null)" = "41 123" ]; do sleep 0.05; done; echo second size; exit 6`;
  const terminal = startTerminal(t, through, ['run', '-it', '--name', 'terminal', ...shell(script)]);
  await terminal.untilOutput(/pts/);
  terminal.write('hello\r');
  await terminal.untilOutput(/read hello/);
  await terminal.drag(123, 41, /second size/);
  t.is((await terminal.end()).code, 6);
  await docker(t, through, ['rm', 'terminal']);
});

serialServerTest('podman: a console that closes ends its process', async (t) => {
  const { hub, environmentId, through } = await sharedSetup();
  await docker(t, through, ['run', '-d', '--name', 'shells', BUSYBOX_IMAGE, 'sleep', '600']);
  const opened = await openConsole(t, hub, environmentId, 'shells', ['sh'], { marker: 'a'.repeat(32) });
  opened.type('echo "ready $((1 + 1))"; sleep 1000\n');
  await opened.untilOutput(/ready 2/);
  const deadline = performance.now() + GONE_MS;
  const until = async (holds: (processes: string) => boolean) => {
    for (;;) {
      const processes = await docker(t, through, ['top', 'shells']);
      if (holds(processes)) return;
      if (performance.now() > deadline) throw new Error(processes);
    }
  };
  await until((processes) => /sleep 1000/.test(processes) && /hang-up/.test(processes));
  opened.ws.close();
  await until((processes) => !/sleep 1000|hang-up/.test(processes));
  await docker(t, through, ['rm', '-f', 'shells']);
  t.pass();
});

serialServerTest('podman: files and images go in and out', async (t) => {
  const { through, podman } = await sharedSetup();
  const on = (...args: string[]) => docker(t, through, args);
  await on('create', '--name', 'kept', BUSYBOX_IMAGE, 'true');
  await on('cp', 'LICENSE', 'kept:/tmp/license');
  t.true((await on('cp', 'kept:/tmp/license', '-')).includes(await readFile('LICENSE', 'utf8')));
  await on('tag', BUSYBOX_IMAGE, 'saved:1');
  const load = startDocker(t, through, ['load']);
  const save = startDocker(t, through, ['save', 'saved:1'], {
    takeStdout: (stdout) => stdout.pipe(load.stdin),
  });
  t.is((await save.end()).code, 0);
  t.regex((await load.end()).stdout, /Loaded image: .*saved:1/);
  t.regex(await on('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'), /saved:1/);
  await on('rm', 'kept');

  // No registry can be reached from here: that the answer is Podman's own shows that the call arrived.
  const pull = startDocker(t, through, ['pull', 'localhost:1/nothing']);
  t.like({ code: (await pull.end()).code }, { code: 1 });
  t.regex(await podman.paste('podman images --format "{{.Repository}}:{{.Tag}}"'), /saved:1/);
});

serialServerTest('podman: the printed command brings an environment online', async (t) => {
  t.timeout(120_000);
  const { hub, podman } = await sharedSetup();
  await makeBaseImage(podman);
  await buildAgentImage(podman);
  const url = `https://${podman.gateway}:${hub.port}`;
  const { id, commands } = await hub.createEnvironment({ name: 'in a container', url });
  await podman.paste(commands.podman);
  await hub.until(id, ({ status, snapshot }) => status === 'online' && snapshot !== null);
  const args = await hub.dockerArgs(id);
  const side = { kind: 'hub', program: 'docker', args, env: process.env } as const;
  const names = await docker(t, side, ['ps', '--format', '{{.Names}}']);
  t.true(names.split('\n').includes(CONTAINER));
  await podman.paste(`podman stop ${CONTAINER}`);
});
