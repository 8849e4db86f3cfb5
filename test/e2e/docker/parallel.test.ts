import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { containerName, docker, hubSides, withoutIds } from '../../kit/docker/compare.js';
import { untilNothingIsOpen } from '../../kit/docker/open-connections.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import type { DockerSide } from '../../kit/docker/setup.js';
import { startTerminal } from '../../kit/docker/terminal.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};

const SIDE_BY_SIDE = 30;
const PATIENCE_MS = 90_000;

/** Each is another command, and its output carries `mark`, so that one cannot pass for another. */
const COMMANDS: readonly ((name: string, mark: string) => { args: readonly string[]; input?: string })[] = [
  (name, mark) => ({
    args: ['run', '--rm', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', `echo ${mark}; exit 3`],
  }),
  (name, mark) => ({
    args: ['run', '--rm', '-i', '--name', name, BUSYBOX_IMAGE, 'cat'],
    input: mark.repeat(20_000),
  }),
  (_, mark) => ({ args: ['exec', 'SHARED', 'sh', '-c', `seq 1 50000; echo ${mark}; exit 4`] }),
  (_, mark) => ({
    args: ['exec', '-i', 'SHARED', 'sh', '-c', `wc -c; echo ${mark}`],
    input: mark.repeat(50_000),
  }),
  (_, mark) => ({ args: ['inspect', '-f', `${mark} {{.Name}} {{.State.Status}}`, 'SHARED'] }),
  () => ({ args: ['logs', 'SHARED'] }),
  () => ({ args: ['cp', 'SHARED:/bin/busybox', '-'] }),
  () => ({ args: ['stats', '--no-stream', '--format', '{{.Name}}', 'SHARED'] }),
  (_, mark) => ({ args: ['info', '-f', `${mark} {{.ID}}`] }),
  (_, mark) => ({ args: ['image', 'inspect', '-f', `${mark} {{.Id}}`, BUSYBOX_IMAGE] }),
];

serialLabTest(`docker: ${SIDE_BY_SIDE} commands of ten kinds in parallel`, async (t) => {
  t.timeout(4 * PATIENCE_MS);
  const setup = await sharedSetup();
  const shared = containerName(t, setup);
  const talk = 'seq 1 20000; touch /ready; exec tail -f /dev/null';
  await docker(t, setup.local, ['run', '-d', '--name', shared, BUSYBOX_IMAGE, 'sh', '-c', talk]);
  await docker(t, setup.local, ['exec', shared, 'sh', '-c', 'until [ -e /ready ]; do sleep 0.05; done']);
  const all = async (side: DockerSide) =>
    await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, (_, index) => runOne(t, setup, side, shared, index)),
    );
  const direct = await all(setup.local);
  for (const side of hubSides(setup)) {
    const through = await all(side);
    for (const [index, end] of through.entries()) t.deepEqual(end, direct[index], side.kind);
  }
  await t.notThrowsAsync(untilNothingIsOpen(setup));
});

serialLabTest(`docker: ${SIDE_BY_SIDE} open terminals and streams in parallel do not mix`, async (t) => {
  t.timeout(4 * PATIENCE_MS);
  const setup = await sharedSetup();
  const shared = containerName(t, setup);
  await docker(t, setup.local, ['run', '-d', '--name', shared, BUSYBOX_IMAGE, 'tail', '-f', '/dev/null']);
  const markers = Array.from({ length: SIDE_BY_SIDE }, (_, index) => `word-${index}-of-its-own`);
  const sessions = markers.map((word, index) => {
    const side = index % 2 === 0 ? setup.through : setup.byPort;
    return index % 3 === 0
      ? startTerminal(t, side, ['exec', '-it', shared, 'sh', '-c', `stty -echo; echo ${word}; cat`])
      : startDocker(t, side, ['exec', '-i', shared, 'sh', '-c', `echo ${word}; cat`]);
  });
  // All are open at the same time before the first is used.
  await Promise.all(
    sessions.map((session, index) => session.untilOutput(new RegExp(`${markers[index]}\\s`), PATIENCE_MS)),
  );
  const outputs = await Promise.all(
    sessions.map(async (session, index) => {
      const line = `${markers[index]} again\n`;
      if ('stdin' in session) {
        session.stdin.end(line);
        return (await session.end(PATIENCE_MS)).stdout;
      }
      session.write(line);
      session.write('\x04');
      return (await session.end(PATIENCE_MS)).output.replaceAll('\r', '');
    }),
  );
  t.deepEqual(
    outputs,
    markers.map((word) => `${word}\n${word} again\n`),
  );
  await t.notThrowsAsync(untilNothingIsOpen(setup));
});

async function runOne(
  t: ExecutionContext,
  setup: PortSetup,
  side: DockerSide,
  shared: string,
  index: number,
): Promise<object> {
  const name = containerName(t, setup);
  const command = COMMANDS[index % COMMANDS.length]?.(name, `mark-${index}`);
  if (!command) throw new Error('there is a command for every index');
  const args = command.args.map((argument) => argument.replace('SHARED', shared));
  const session = startDocker(t, side, args);
  session.stdin.end(command.input);
  const { stdout, stderr, ...end } = await session.end(PATIENCE_MS);
  return { ...end, stdout: inShort(withoutIds(stdout)), stderr: stderr.replaceAll(name, 'NAME') };
}

/** A diff of two megabytes is unreadable. */
function inShort(text: string): string {
  if (text.length < 1_000) return text;
  return `${text.length} characters, ${createHash('sha256').update(text).digest('hex')}: ${text.slice(-100)}`;
}
