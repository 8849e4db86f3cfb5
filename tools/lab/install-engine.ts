import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from './run-command.js';

/** Each program the lab runs, and the Debian package that brings it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  docker: 'docker-cli',
  ip: 'iproute2',
  iptables: 'iptables',
  busybox: 'busybox-static',
  uuidgen: 'uuid-runtime', // the printed commands may call it
  ps: 'procps', // the engine calls it for `docker top`
};

/**
 * Makes this machine able to run private engines: on Debian and Ubuntu, as root, it installs what is missing and
 * says so through `say` first. Resolves with `undefined`, or with the reason why the machine cannot, and what to do.
 */
export async function installEngine(say: (line: string) => void): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a private Docker Engine needs Linux';
  if (process.getuid?.() !== 0) return 'a private Docker Engine needs root: run the command as root';
  // `su` without a dash leaves these out of root's path, and the daemon's own programs live there.
  process.env.PATH = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
  if ((await missingPrograms()).length > 0) {
    const problem = await installPackages(say);
    if (problem) return problem;
  }
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'];
  const allowed = await runCommand('unshare', namespaces, { allowFailure: true }).catch(() => undefined);
  if (allowed?.code === 0) return undefined;
  return `this machine may not make namespaces; in a container, run it privileged (${allowed?.stderr.trim() ?? 'no unshare'})`;
}

async function installPackages(say: (line: string) => void): Promise<string | undefined> {
  const missing = await missingPrograms();
  if (!(await findProgram('apt-get'))) {
    return `missing: ${missing.join(', ')}. Install a Docker Engine (docs.docker.com/engine/install), iproute2, iptables, busybox and uuidgen`;
  }
  say(`missing: ${missing.join(', ')}. Installing from this machine's package sources (apt-get) ...`);
  try {
    await aptGet(say, 'update');
    // Before Debian 13 the client is a part of docker.io, and there is no package docker-cli.
    const split = await runCommand('apt-cache', ['show', 'docker-cli'], { allowFailure: true });
    const packages = missing.map((program) => PROGRAMS[program] ?? program);
    const wanted = packages.map((name) => (name === 'docker-cli' && split.code !== 0 ? 'docker.io' : name));
    await aptGet(say, 'install', '-y', '--no-install-recommends', ...new Set(wanted));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const still = await missingPrograms();
  return still.length > 0 ? `still missing after the installation: ${still.join(', ')}` : undefined;
}

async function aptGet(say: (line: string) => void, ...args: string[]): Promise<void> {
  say(`apt-get ${args.join(' ')}`);
  const options = ['-q', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  const child = spawn('apt-get', [...options, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`apt-get ${args[0]} ended with exit code ${code}`);
}

async function missingPrograms(): Promise<string[]> {
  const programs = Object.keys(PROGRAMS);
  const found = await Promise.all(programs.map(findProgram));
  return programs.filter((_, index) => !found[index]);
}

async function findProgram(name: string): Promise<boolean> {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const executable = await access(join(dir, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return true;
  }
  return false;
}
