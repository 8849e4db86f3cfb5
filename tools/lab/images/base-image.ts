import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LabEngine } from '../engine.js';
import { runCommand } from '../run-command.js';

/** The lab's `BASE` for `Dockerfile.agent`: this machine's Node on a busybox. */
export const BASE_IMAGE = 'fairlead-lab/node:1';
/** A small image with a shell and the usual commands, for tests. */
export const BUSYBOX_IMAGE = 'fairlead-lab/busybox:1';

/** An engine that accepts images: Docker's, or a compatible one. */
export type ImageTarget = Pick<LabEngine, 'socketPath' | 'docker'>;

/** Builds {@link BUSYBOX_IMAGE} in the engine, from this machine's busybox. No registry is needed. */
export function makeBusyboxImage(engine: ImageTarget): Promise<void> {
  return importRootfs(engine, BUSYBOX_IMAGE, addBusybox);
}

/** Builds {@link BASE_IMAGE} in the engine, from this machine's `node` and the libraries it loads. */
export function makeBaseImage(engine: ImageTarget): Promise<void> {
  return importRootfs(engine, BASE_IMAGE, async (root) => {
    await addBusybox(root);
    await addProgram(root, process.execPath, '/usr/local/bin/node');
    await addNameService(root);
  });
}

async function importRootfs(
  engine: ImageTarget,
  tag: string,
  fill: (root: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(dirname(engine.socketPath), 'rootfs-'));
  try {
    const root = join(dir, 'root');
    await mkdir(join(root, 'tmp'), { recursive: true, mode: 0o1777 });
    await fill(root);
    await runCommand('tar', ['-C', root, '-cf', join(dir, 'root.tar'), '.']);
    const change = ['--change', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', '--change', 'CMD ["/bin/sh"]'];
    await engine.docker(['import', ...change, join(dir, 'root.tar'), tag]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function addBusybox(root: string): Promise<void> {
  const { stdout: path } = await runCommand('sh', ['-c', 'command -v busybox']);
  await addProgram(root, path.trim(), '/bin/busybox');
  const { stdout: applets } = await runCommand(path.trim(), ['--list']);
  for (const applet of applets.trim().split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
  }
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n');
}

async function addProgram(root: string, from: string, to: string): Promise<void> {
  await addFile(root, from, to);
  // `ldd` exits with non-zero for a static program.
  const { stdout } = await runCommand('ldd', [from], { allowFailure: true });
  for (const [library] of stdout.matchAll(/\/\S+/g)) await addFile(root, library, library);
}

/** glibc loads its name services at run time, so that `ldd` doesn't see them. */
async function addNameService(root: string): Promise<void> {
  const { stdout } = await runCommand('ldd', [process.execPath]);
  const libc = /\/\S+\/libc\.so\.6/.exec(stdout)?.[0];
  if (libc === undefined) throw new Error(`${process.execPath} does not load glibc`);
  for (const name of await readdir(dirname(libc))) {
    if (!/^lib(nss_dns|nss_files|resolv)\.so\.2$/.test(name)) continue;
    await addFile(root, join(dirname(libc), name), join(dirname(libc), name));
  }
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

async function addFile(root: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(root, to)), { recursive: true });
  await copyFile(from, join(root, to));
}
