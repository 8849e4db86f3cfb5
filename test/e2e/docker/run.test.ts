import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const DETACH = '\x10\x11';

/** A shell script as the last arguments of `docker run`. */
const shell = (script: string) => [BUSYBOX_IMAGE, 'sh', '-c', script];

serialLabTest('docker run: both output streams and the exit code', async (t) => {
  const setup = await sharedSetup();
  const run = (script: string) => (name: string) => ['run', '--rm', '--name', name, ...shell(script)];
  t.like(await compare(t, setup, run('echo out; echo err >&2; exit 7')), {
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  t.is((await compare(t, setup, run('seq 1 100000'))).stdout.length, 588_895);
  t.is(
    (await compare(t, setup, (name) => ['run', '--rm', '--name', name, BUSYBOX_IMAGE, 'no-such'])).code,
    127,
  );
  t.is((await compare(t, setup, (name) => ['run', '--rm', '--name', name, BUSYBOX_IMAGE, '/tmp'])).code, 126);
  const left = await compare(t, setup, ['ps', '-aq', '--filter', `name=cli-${process.pid}-`]);
  t.is(left.stdout, '', '--rm has removed them');
});

serialLabTest('docker run -d, create, start -a, wait, restart, stop: a background container', async (t) => {
  const setup = await sharedSetup();
  const codes = await onBothSides(t, setup, async (side) => {
    const [first, second] = [containerName(t, setup), containerName(t, setup)];
    const on = (...args: string[]) => docker(t, side, args);
    t.regex(await on('run', '-d', '--name', first, ...shell('exit 11')), /^[0-9a-f]{64}\n$/);
    const code = await on('wait', first);

    await on('create', '--name', second, '--stop-signal', 'INT', ...shell('echo up; exit 12'));
    const start = startDocker(t, side, ['start', '-a', second]);
    start.stdin.end();
    const { code: startCode, stdout } = await start.end();
    await on('restart', second);
    // It ends by itself after its output.
    await on('wait', second);
    await on('stop', second);
    const restarted = await on('logs', second);
    return { code, startCode, stdout, restarted };
  });
  t.deepEqual(codes, { code: '11\n', startCode: 12, stdout: 'up\n', restarted: 'up\nup\n' });
});

serialLabTest('docker run -i: output after the end of piped stdin arrives', async (t) => {
  const setup = await sharedSetup();
  const input = Buffer.alloc(3_000_000, 'stdin of several windows\n');
  const script = 'wc -c; seq 1 300000; echo late >&2; exit 9';
  const end = await compare(t, setup, (name) => ['run', '--rm', '-i', '--name', name, ...shell(script)], {
    input,
  });
  t.is(end.code, 9);
  t.true(end.stdout.startsWith('3000000\n1\n2\n') && end.stdout.endsWith('\n300000\n'));
  t.is(end.stderr, 'late\n');
  const empty = await compare(t, setup, (name) => [
    'run',
    '--rm',
    '-i',
    '--name',
    name,
    ...shell('cat; exit 3'),
  ]);
  t.like(empty, { code: 3, stdout: '' });
});

serialLabTest('docker exec -i: output after the end of piped stdin arrives', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const input = Buffer.alloc(3_000_000, 'stdin of several windows\n');
  const script = ['sh', '-c', 'wc -c; seq 1 300000; echo late >&2; exit 9'];
  const end = await compare(t, setup, ['exec', '-i', name, ...script], { input });
  t.is(end.code, 9);
  t.true(end.stdout.startsWith('3000000\n1\n2\n') && end.stdout.endsWith('\n300000\n'));
  t.is(end.stderr, 'late\n');

  const echo = await compare(t, setup, ['exec', '-i', name, 'cat'], { input });
  t.true(echo.stdout === input.toString());
  t.like(await compare(t, setup, ['exec', '-e', 'A=b', '-w', '/tmp', name, 'sh', '-c', 'echo $A $PWD']), {
    code: 0,
    stdout: 'b /tmp\n',
  });
  t.is((await compare(t, setup, ['exec', name, 'no-such'])).code, 126);
  t.is((await compare(t, setup, ['exec', '-d', name, 'true'])).stdout, '');
  t.like(await compare(t, setup, ['exec', '-it', name, 'true']), { code: 1, stdout: '' }, 'no terminal here');
});

serialLabTest('docker exec -i: a dialogue, line by line', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  await onBothSides(t, setup, async (side) => {
    const session = startDocker(t, side, ['exec', '-i', name, 'sh']);
    for (const word of ['one', 'two', 'three']) {
      session.stdin.write(`echo got-${word}\n`);
      await session.untilOutput(new RegExp(`got-${word}\n`));
    }
    session.stdin.end('exit 4\n');
    return session.end();
  });
});

serialLabTest('docker run -it: echo off, sizes, Ctrl-C for the program, exit code', async (t) => {
  const setup = await sharedSetup();
  const script = `
    stty -echo; tty; read -r word; echo "read $word"
    until [ "$(stty size 2>/dev/null)" = "24 80" ]; do sleep 0.05; done; echo first size
    until [ "$(stty size)" = "41 123" ]; do sleep 0.05; done; trap "caught=1" INT; echo second size
    while [ -z "$caught" ]; do sleep 0.05; done; stty echo; echo caught; exit 6`;
  const { code, output } = await onBothSides(t, setup, async (side) => {
    const args = ['run', '-it', '--rm', '--name', containerName(t, setup), ...shell(script)];
    const terminal = startTerminal(t, side, args);
    await terminal.untilOutput(/pts/);
    terminal.write('hello\r');
    await terminal.untilOutput(/read hello\s+first size/);
    await terminal.drag(123, 41, /second size/);
    terminal.write(CTRL_C);
    return await terminal.end();
  });
  t.is(code, 6);
  t.is(output, '/dev/pts/0\r\nread hello\r\nfirst size\r\nsecond size\r\ncaught\r\n');
});

serialLabTest('docker exec -it: an interactive shell', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
  const { code, output } = await onBothSides(t, setup, async (side) => {
    const terminal = startTerminal(t, side, ['exec', '-it', '-e', 'PS1=$ ', name, 'sh']);
    await terminal.untilOutput(/\$ /);
    terminal.write('until [ "$(stty size)" = "30 100" ]; do sleep 0.05; done; echo re""sized\r');
    await terminal.drag(100, 30, /resized/);
    terminal.write('seq 1 20000 | tail -n 2; (exit 5)\r');
    await terminal.untilOutput(/20000\r\n.*\$ /s);
    terminal.write(CTRL_D);
    const end = await terminal.end();
    // The shell asks the terminal where its cursor is, and redraws; how often depends on timing.
    return { ...end, output: end.output.includes('19999\r\n20000\r\n') };
  });
  t.deepEqual({ code, output }, { code: 5, output: true });
});

serialLabTest(
  'docker run -it, attach: ctrl-p ctrl-q detaches and leaves the container running',
  async (t) => {
    const setup = await sharedSetup();
    const seen = await onBothSides(t, setup, async (side) => {
      const name = containerName(t, setup);
      const script = 'stty -echo; echo ready; while read -r word; do echo "read $word"; done; exit 8';
      const first = startTerminal(t, side, ['run', '-it', '--name', name, ...shell(script)]);
      await first.untilOutput(/ready/);
      first.write(DETACH);
      const detached = await first.end();

      const second = startTerminal(t, side, ['attach', name]);
      second.write('again\r');
      await second.untilOutput(/read again/);
      second.write(DETACH);
      const left = await second.end();

      const third = startTerminal(t, side, ['attach', '--detach-keys', 'ctrl-x', name]);
      third.write('more\r');
      await third.untilOutput(/read more/);
      third.write('\x18');
      const own = await third.end();
      const state = await docker(t, side, ['inspect', '-f', '{{.State.Status}}', name]);

      const last = startTerminal(t, side, ['attach', name]);
      last.write('last\r');
      await last.untilOutput(/read last/);
      last.write(CTRL_D);
      const { code } = await last.end();
      return { detached: detached.code, left: left.code, own: own.code, state, code };
    });
    t.like(seen, { state: 'running\n', code: 8 });
  },
);

serialLabTest('docker attach: two clients see the same output, stdin reaches the container', async (t) => {
  const setup = await sharedSetup();
  const ends = await onBothSides(t, setup, async (side) => {
    const name = containerName(t, setup);
    const script =
      'while :; do echo tick; sleep 0.1; done & read -r word; kill $!; echo "read $word"; exit 8';
    await docker(t, side, ['run', '-di', '--name', name, ...shell(script)]);
    const sessions = [
      startDocker(t, side, ['attach', '--no-stdin', name]),
      startDocker(t, side, ['attach', name]),
    ] as const;
    await Promise.all(sessions.map((session) => session.untilOutput(/tick/)));
    // Not ended: without StdinOnce the engine ends a client's output together with its input.
    sessions[1].stdin.write('final\n');
    const both = await Promise.all(sessions.map((session) => session.end()));
    return both.map(({ stdout, ...end }) => ({ ...end, stdout: stdout.replace(/^(tick\n)+/, '') }));
  });
  t.like(ends[0], { code: 8, stdout: 'read final\n' });
});
