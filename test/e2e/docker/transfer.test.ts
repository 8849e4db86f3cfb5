import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { compare, containerName, docker, onBothSides } from '../../kit/docker/compare.js';
import { bulkConnections, untilNothingIsOpen } from '../../kit/docker/open-connections.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { startDocker } from '../../kit/docker/session.js';
import type { DockerSide } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

const scope = fileScope();
let started: Promise<PortSetup> | undefined;
const sharedSetup = () => {
  started ??= startPortSetup(scope);
  return started;
};
const CLASSIC = { DOCKER_BUILDKIT: '0' };

serialLabTest('docker cp: files and folders into a container and back, unchanged', async (t) => {
  const setup = await sharedSetup();
  const source = await makeFolder(t);
  await onBothSides(t, setup, async (side) => {
    const name = containerName(t, setup);
    const back = await tempFolder(t);
    await docker(t, side, ['create', '--name', name, BUSYBOX_IMAGE, 'true']);
    await docker(t, side, ['cp', source, `${name}:/kept`]);
    await docker(t, side, ['cp', join(source, 'large'), `${name}:/tmp/one`]);
    await docker(t, side, ['cp', `${name}:/kept`, back]);
    await docker(t, side, ['cp', '-L', `${name}:/kept/link`, join(back, 'followed')]);
    await docker(t, side, ['cp', '-a', `${name}:/tmp/one`, join(back, 'single')]);
    t.deepEqual(await describeFolder(join(back, 'kept')), await describeFolder(source));
    t.true((await readFile(join(back, 'followed'))).equals(await readFile(join(source, 'small'))));
    t.true((await readFile(join(back, 'single'))).equals(await readFile(join(source, 'large'))));
    return await describeFolder(back);
  });
});

serialLabTest('docker cp: a tar on stdin and on stdout; a missing path is an error', async (t) => {
  const setup = await sharedSetup();
  const source = await makeFolder(t);
  const archives = await onBothSides(t, setup, async (side) => {
    const [first, second] = [containerName(t, setup), containerName(t, setup)];
    for (const name of [first, second]) {
      await docker(t, side, ['run', '-d', '--name', name, BUSYBOX_IMAGE, 'sleep', '600']);
    }
    await docker(t, side, ['cp', source, `${first}:/kept`]);
    const archive = await bytesOf(t, side, ['cp', `${first}:/kept`, '-']);
    await docker(t, side, ['cp', '-', `${second}:/tmp`], { input: archive });
    const sums = 'find . -type f -exec sha256sum {} + | sort -k 2';
    const sumsIn = (name: string, folder: string) =>
      docker(t, side, ['exec', '-w', folder, name, 'sh', '-c', sums]);
    const sent = await sumsIn(first, '/kept');
    t.is(await sumsIn(second, '/tmp/kept'), sent);
    return { sent, bytes: archive.length };
  });
  t.regex(archives.sent, / \.\/folder\/deep\n/);

  const name = containerName(t, setup);
  await docker(t, setup.local, ['create', '--name', name, BUSYBOX_IMAGE]);
  t.is((await compare(t, setup, ['cp', `${name}:/no-such`, '-'])).code, 1);
  t.is((await compare(t, setup, ['cp', join(source, 'small'), `${name}:/no/such/folder`])).code, 1);
  t.is((await compare(t, setup, ['cp', '-', `${name}:/tmp`], { input: 'no archive'.repeat(1000) })).code, 1);
});

serialLabTest(
  'docker build: a context of some megabytes, build arguments, exit code of a failing step',
  async (t) => {
    const setup = await sharedSetup();
    const context = await makeFolder(t);
    const build = async (dockerfile: string, args: string[] = []) => {
      await writeFile(join(context, 'Dockerfile'), dockerfile);
      return await compare(t, setup, ['build', '--no-cache', ...args, context], {
        env: CLASSIC,
        // Of a build that only differs in its ID.
        normalise: (text) => text.replace(/sha256:\w+/g, 'ID'),
      });
    };
    const from = `FROM ${BUSYBOX_IMAGE}\n`;
    const sums = 'RUN md5sum /in/small /in/large /in/folder/deep\n';
    const good = await build(`${from}ARG WORD\nCOPY . /in\n${sums}RUN echo "word $WORD"\n`, [
      '--build-arg',
      'WORD=x',
    ]);
    t.is(good.code, 0);
    t.true(good.stdout.includes(`${digest('md5', await readFile(join(context, 'large')))}  /in/large`));
    t.regex(good.stdout, /\nword x\n/);

    const failing = await build(`${from}RUN echo before && exit 42\n`);
    t.is(failing.code, 42);
    t.regex(failing.stderr, /returned a non-zero code: 42/);
    t.is((await build(`${from}COPY no-such /in\n`)).code, 1);
    t.is((await build('NOTHING\n')).code, 1);
    await t.notThrowsAsync(untilNothingIsOpen(setup));
  },
);

serialLabTest('docker save, load, import, export, commit: images in and out, unchanged', async (t) => {
  const setup = await sharedSetup();
  await onBothSides(t, setup, async (side) => {
    const name = containerName(t, setup);
    const on = (args: string[], input?: Buffer) => docker(t, side, args, input ? { input } : {});
    t.teardown(async () => {
      await setup.engine.docker(['image', 'rm', '-f', `${name}:1`, `${name}:2`], { allowFailure: true });
    });
    await on(['run', '--name', name, BUSYBOX_IMAGE, 'sh', '-c', 'head -c 5000000 /dev/urandom >/made']);
    await on(['commit', '-m', 'made', name, `${name}:1`]);
    const saved = await bytesOf(t, side, ['save', `${name}:1`]);
    const id = await on(['image', 'inspect', '-f', '{{.Id}} {{.RootFS.Layers}}', `${name}:1`]);
    await on(['image', 'rm', `${name}:1`]);
    const loaded = await on(['load'], saved);
    t.is(await on(['image', 'inspect', '-f', '{{.Id}} {{.RootFS.Layers}}', `${name}:1`]), id);

    const exported = await bytesOf(t, side, ['export', name]);
    await on(['import', '-', `${name}:2`], exported);
    const sum = ['sha256sum', '/made'];
    t.is(await on(['run', '--rm', `${name}:2`, ...sum]), await on(['run', '--rm', `${name}:1`, ...sum]));
    return loaded.replaceAll(name, 'NAME');
  });
  t.is((await compare(t, setup, ['load'], { input: 'no image' })).code, 1);
  t.is((await compare(t, setup, ['save', 'missing:1'])).code, 1);
});

serialLabTest(
  'docker export: the second uses a connection of its own, and is the same archive',
  async (t) => {
    const setup = await sharedSetup();
    const name = containerName(t, setup);
    await docker(t, setup.local, [
      'run',
      '--name',
      name,
      BUSYBOX_IMAGE,
      'sh',
      '-c',
      'head -c 9000000 /dev/urandom >/made',
    ]);
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const local = hash(await bytesOf(t, setup.local, ['export', name]));
    t.is(hash(await bytesOf(t, setup.through, ['export', name])), local);
    await until(
      () => bulkConnections(setup),
      (count) => count > 0,
    );
    t.is(hash(await bytesOf(t, setup.through, ['export', name])), local);
    t.true((await bulkConnections(setup)) > 0, 'it is kept for the next');
  },
);

/** Standard output of a command as bytes. */
async function bytesOf(t: ExecutionContext, side: DockerSide, args: readonly string[]): Promise<Buffer> {
  let taken: Promise<Buffer> | undefined;
  const session = startDocker(t, side, args, {
    takeStdout: (stdout) => {
      taken = buffer(stdout);
    },
  });
  const { code, stderr } = await session.end();
  t.is(code, 0, stderr);
  return (await taken) ?? Buffer.alloc(0);
}

/** Files small and large, deep and empty, executable and linked: some megabytes in all. */
async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'folder'));
  await mkdir(join(folder, 'nothing in it'));
  await writeFile(join(folder, 'small'), 'small\n');
  await writeFile(join(folder, 'large'), randomBytes(5_000_000));
  await writeFile(join(folder, 'folder/deep'), 'déjà vu\n', { mode: 0o755 });
  await writeFile(join(folder, 'empty'), '');
  await symlink('small', join(folder, 'link'));
  return folder;
}

/** Names, kinds, permissions and contents of everything in a folder. */
async function describeFolder(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const info = await lstat(path);
      const content = info.isSymbolicLink()
        ? await readlink(path)
        : info.isFile()
          ? digest('sha256', await readFile(path))
          : 'folder';
      return `${name} ${info.mode.toString(8)} ${content}`;
    }),
  );
}

function digest(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
