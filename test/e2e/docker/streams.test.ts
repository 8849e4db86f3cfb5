import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { untilNothingIsOpen, watchEngine } from '../../kit/docker/open-connections.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

/** Prints each line of its input with a prefix, and ends when the input says so. */
const ECHO = 'echo ready; while read -r word; do [ $word = end ] && exit 3; echo "got $word"; done';

serialLabTest(
  'docker logs -f: each line arrives when written, and the end with the container’s',
  async (t) => {
    const setup = await sharedSetup();
    const end = await onBothSides(t, setup, async (side) => {
      const name = containerName(t, setup);
      await docker(t, setup.local, ['run', '-di', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', ECHO]);
      const writer = startDocker(t, setup.local, ['attach', name]);
      const reader = startDocker(t, side, ['logs', '-f', name]);
      await reader.untilOutput(/ready/);
      for (const word of ['one', 'two', 'three']) {
        writer.stdin.write(`${word}\n`);
        await reader.untilOutput(new RegExp(`got ${word}\n`));
      }
      writer.stdin.write('end\n');
      return await reader.end();
    });
    t.like(end, { code: 0, stdout: 'ready\ngot one\ngot two\ngot three\n', stderr: '' });
    await t.notThrowsAsync(untilNothingIsOpen(setup));
  },
);

serialLabTest('docker events: they arrive as they happen', async (t) => {
  const setup = await sharedSetup();
  const actions = await onBothSides(t, setup, async (side) => {
    const name = containerName(t, setup);
    const filter = ['--filter', `container=${name}`, '--format', '{{.Action}}'];
    await docker(t, setup.local, ['create', '--name', name, BUSYBOX_IMAGE, 'true']);
    const watcher = startDocker(t, side, ['events', '--since', '10m', ...filter]);
    await watcher.untilOutput(/create\n/);
    await docker(t, setup.local, ['rename', name, `${name}-x`]);
    await watcher.untilOutput(/rename\n/);
    await docker(t, setup.local, ['rename', `${name}-x`, name]);
    await docker(t, setup.local, ['start', name]);
    await watcher.untilOutput(/die\n/);
    watcher.signal('SIGKILL');
    return (await watcher.end()).stdout.split('\n').filter((action) => action !== 'attach');
  });
  t.deepEqual(actions.slice(0, 3), ['create', 'rename', 'rename']);
});

serialLabTest('docker stats: keeps sending samples', async (t) => {
  const setup = await sharedSetup();
  await onBothSides(t, setup, async (side) => {
    const name = containerName(t, setup);
    await docker(t, setup.local, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
    const watcher = startDocker(t, side, ['stats', '--format', '{{.Name}} {{.PIDs}}', name]);
    await watcher.untilOutput(new RegExp(`(${name} 1.*){3}`, 's'));
    watcher.signal('SIGKILL');
    return (await watcher.end()).signal;
  });
});

serialLabTest(
  'docker wait, kill, stop, pause: a wait ends when the other command has its effect',
  async (t) => {
    const setup = await sharedSetup();
    const script = 'trap "exit 4" TERM; echo ready; while :; do sleep 0.1; done';
    const ends: [string, string[]][] = [
      ['137', ['kill']],
      ['4', ['kill', '-s', 'TERM']],
      ['4', ['stop']],
      ['137', ['rm', '-f']],
    ];
    for (const [code, command] of ends) {
      const seen = await onBothSides(t, setup, async (side) => {
        const name = containerName(t, setup);
        await docker(t, side, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', script]);
        const logs = startDocker(t, side, ['logs', '-f', name]);
        await logs.untilOutput(/ready/);
        const called = await watchEngine(setup);
        const wait = startDocker(t, side, ['wait', name, name]);
        await called();
        await docker(t, side, ['pause', name]);
        await docker(t, side, ['unpause', name]);
        await docker(t, side, [...command, name]);
        const ended = await logs.end();
        const { stdout } = await wait.end();
        return { ended, stdout: stdout.split('\n')[0] };
      });
      t.is(seen.stdout, code, command.join(' '));
    }
    t.is((await compare(t, setup, ['wait', 'missing'])).code, 1);
    await t.notThrowsAsync(untilNothingIsOpen(setup));
  },
);

serialLabTest('docker logs: everything, on both streams', async (t) => {
  const setup = await sharedSetup();
  const name = containerName(t, setup);
  const script = 'for i in $(seq 1 20); do seq 1 20000; echo "part $i" >&2; done';
  await docker(t, setup.local, ['run', '--name', name, '-a', 'stderr', BUSYBOX_IMAGE, 'sh', '-c', script]);
  const { stdout, stderr } = await compare(t, setup, ['logs', name]);
  t.is(stdout.length, 20 * 108_894);
  t.is(stderr.split('\n').length, 21);
  const last = await compare(t, setup, ['logs', '--tail', '5', '-t', name]);
  t.is(`${last.stdout}${last.stderr}`.split('\n').length, 6);
});
