import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { containerName, docker, hubSides, onBothSides } from '../../kit/docker/compare.js';
import { untilNothingIsOpen, watchEngine } from '../../kit/docker/open-connections.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { type DockerSession, startDocker } from '../../kit/docker/session.js';
import type { DockerSide } from '../../kit/docker/setup.js';
import { tarHead } from '../../kit/docker/tar-head.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BASE_IMAGE, BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

/** Ticks on both streams; Ctrl-C has its own exit code. */
const TICKING = 'trap "exit 5" INT; while :; do echo tick; echo tock >&2; sleep 0.1; done';
const PRESS_AGAIN_MS = 300;
const RACY_CODES = new Set<number | null>([0, 1, 130]);
/** The head of a file that is larger than what is sent of it, and enough to fill every buffer on the way. */
const ENDLESS_TAR = Buffer.concat([tarHead('part', 2 ** 30), Buffer.alloc(6 * 2 ** 20)]);

/** A command that runs until it is stopped. */
interface Endless {
  readonly title: string;
  /** `name` is a container that ticks. */
  readonly args: (name: string) => readonly string[];
  /** It streams when its output matches, anything is printed, its input is accepted, or the engine was called. */
  readonly ready: RegExp | 'stdout' | 'stdin' | 'call';
  readonly input?: string;
  /** The exit code, if the command passes Ctrl-C on to the container. */
  readonly code?: number;
  /** The client races with itself here, on the local socket too: its exit code is one of 0, 1 and 130. */
  readonly isRacy?: boolean;
  /** Some clients react to Ctrl-C here only the third time, on the local socket too. */
  readonly isStubborn?: boolean;
  /** The process in the container lives on, on the local socket too, and with it, for a while, the call. */
  readonly isOutlived?: boolean;
}

const run = (name: string, ...options: string[]) => ['run', '--rm', '--name', `${name}-run`, ...options];
const ticking = [BUSYBOX_IMAGE, 'sh', '-c', TICKING];
const tail = 'echo ready; exec tail -f /dev/null';

const ENDLESS: readonly Endless[] = [
  { title: 'logs -f', args: (name) => ['logs', '-f', name], ready: /tick/ },
  { title: 'attach', args: (name) => ['attach', '--no-stdin', name], ready: /tick/, code: 5 },
  {
    title: 'attach --sig-proxy=false',
    args: (name) => ['attach', '--sig-proxy=false', name],
    ready: /tick/,
    isStubborn: true,
  },
  { title: 'run', args: (name) => [...run(name), ...ticking], ready: /tick/, code: 5 },
  { title: 'run -i', args: (name) => [...run(name, '-i'), ...ticking], ready: /tick/, code: 5 },
  {
    title: 'exec',
    args: (name) => ['exec', name, 'sh', '-c', tail],
    ready: /ready/,
    isOutlived: true,
  },
  { title: 'exec -i', args: (name) => ['exec', '-i', name, 'sh', '-c', 'echo ready; cat'], ready: /ready/ },
  {
    title: 'events',
    args: (name) => ['events', '--since', '1h', '--filter', `container=${name}`],
    ready: /start/,
  },
  { title: 'stats', args: (name) => ['stats', name], ready: /cli-/, isStubborn: true },
  { title: 'wait', args: (name) => ['wait', name], ready: 'call' },
  { title: 'save', args: () => ['save', BASE_IMAGE], ready: 'stdout' },
  { title: 'load', args: () => ['load'], ready: 'stdin', isStubborn: true, isRacy: true },
  {
    title: 'cp to stdout',
    args: (name) => ['cp', `${name}:/usr/local/bin/node`, '-'],
    ready: 'stdout',
    isRacy: true,
  },
  {
    title: 'cp from stdin',
    args: (name) => ['cp', '-', `${name}:/tmp`],
    ready: 'stdin',
    isStubborn: true,
    isRacy: true,
  },
  {
    title: 'build',
    args: () => ['build', '--no-cache', '-'],
    input: `FROM ${BUSYBOX_IMAGE}\nRUN echo building && sleep 600\n`,
    ready: /building/,
    isStubborn: true,
    isRacy: true,
  },
];

for (const endless of ENDLESS) {
  serialLabTest(
    `docker ${endless.title}: Ctrl-C does as on the local socket, and nothing stays open`,
    async (t) => {
      const setup = await sharedSetup();
      const end = await onBothSides(t, setup, async (side) => {
        const name = await startTicking(t, setup);
        const { session, stdout } = await startCommand(t, setup, side, endless, name);
        const again = endless.isStubborn
          ? setInterval(() => session.signal('SIGINT'), PRESS_AGAIN_MS)
          : undefined;
        session.signal('SIGINT');
        stdout?.resume();
        const { code, signal, stderr } = await session.end().finally(() => clearInterval(again));
        if (endless.isOutlived) await docker(t, setup.local, ['rm', '-f', name]);
        if (endless.isRacy && RACY_CODES.has(code)) return { code: 'one of the racy ones' };
        return { code, signal, stderr: stderr.replace(/tock\n/g, '') };
      });
      if (endless.code !== undefined) t.is(end.code, endless.code);
      await t.notThrowsAsync(untilNothingIsOpen(setup));
    },
  );

  serialLabTest(`docker ${endless.title}: nothing stays open when the client is killed`, async (t) => {
    const setup = await sharedSetup();
    for (const side of hubSides(setup)) {
      const name = await startTicking(t, setup);
      const { session } = await startCommand(t, setup, side, endless, name);
      session.signal('SIGKILL');
      await session.end();
      if (endless.isOutlived) await docker(t, setup.local, ['rm', '-f', name]);
    }
    await t.notThrowsAsync(untilNothingIsOpen(setup));
  });
}

serialLabTest('docker logs -f, stats: Ctrl-C typed at a terminal', async (t) => {
  const setup = await sharedSetup();
  for (const args of [['logs', '-f'], ['stats']]) {
    await onBothSides(t, setup, async (side) => {
      const name = await startTicking(t, setup);
      const terminal = startTerminal(t, side, [...args, name]);
      await terminal.untilOutput(args[0] === 'logs' ? /tick/ : /[\d.]+%/);
      const again = setInterval(() => terminal.write('\x03'), PRESS_AGAIN_MS);
      terminal.write('\x03');
      const { code } = await terminal.end().finally(() => clearInterval(again));
      return code;
    });
  }
  await t.notThrowsAsync(untilNothingIsOpen(setup));
});

serialLabTest('docker logs -f: a reader that closes its pipe ends it', async (t) => {
  const setup = await sharedSetup();
  await onBothSides(t, setup, async (side) => {
    const name = await startTicking(t, setup);
    let seen: Promise<unknown> | undefined;
    const session = startDocker(t, side, ['logs', '-f', name], {
      takeStdout: (stdout) => {
        seen = once(stdout, 'data').then(() => stdout.destroy());
      },
    });
    await seen;
    const { code, signal } = await session.end();
    return { code, signal };
  });
  await t.notThrowsAsync(untilNothingIsOpen(setup));
});

async function startTicking(t: ExecutionContext, setup: PortSetup): Promise<string> {
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BASE_IMAGE, 'sh', '-c', TICKING]);
  return name;
}

/** Starts the command and waits until it streams. */
async function startCommand(
  t: ExecutionContext,
  setup: PortSetup,
  side: DockerSide,
  { args, ready, input }: Endless,
  name: string,
): Promise<{ session: DockerSession; stdout: Readable | undefined }> {
  const called = await watchEngine(setup);
  let stdout: Readable | undefined;
  // Left in the pipe, so that the client always has more to read.
  const takeStdout = (stream: Readable) => {
    stdout = stream;
  };
  const session = startDocker(t, side, args(name), {
    env: { DOCKER_BUILDKIT: '0' },
    ...(ready === 'stdout' ? { takeStdout } : {}),
  });
  if (input !== undefined) session.stdin.end(input);
  if (ready instanceof RegExp) await session.untilOutput(ready);
  else if (ready === 'stdout' && stdout) await once(stdout, 'readable');
  else if (ready === 'call') await called();
  else await new Promise((resolve) => session.stdin.write(ENDLESS_TAR, resolve));
  return { session, stdout };
}
