import { delimiter } from 'node:path';
import { runCommand } from '../run-command.js';
import { installPrograms, type Programs } from './programs.js';

/** Each program the lab runs. */
const PROGRAMS: Programs = {
  dockerd: 'docker.io',
  docker: 'docker-cli',
  ip: 'iproute2',
  iptables: 'iptables',
  busybox: 'busybox-static',
  uuidgen: 'uuid-runtime', // the printed commands may call it
  ps: 'procps', // the engine calls it for `docker top`
  curl: 'curl', // samples in the documentation
  openssl: 'openssl',
  faketime: 'faketime', // runs hubs with a wrong clock
};

/**
 * Prepares this machine for private engines: on Debian and Ubuntu, as root, installs missing packages, announced
 * through `say` first. Resolves with `undefined`, or with the reason why the machine cannot, and what to do.
 */
export async function installEngine(say: (line: string) => void): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'a private Docker Engine needs Linux';
  if (process.getuid?.() !== 0) return 'a private Docker Engine needs root: run the command as root';
  // `su` without a dash leaves these out of root's path, and the daemon's own programs live there.
  process.env.PATH = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
  const problem = await installPrograms(PROGRAMS, say);
  if (problem?.startsWith('missing:')) {
    return `${problem}. Install a Docker Engine (docs.docker.com/engine/install), iproute2, iptables, busybox and uuidgen`;
  }
  if (problem) return problem;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'];
  const allowed = await runCommand('unshare', namespaces, { allowFailure: true }).catch(() => undefined);
  if (allowed?.code === 0) return undefined;
  return `this machine may not make namespaces; in a container, run it privileged (${allowed?.stderr.trim() ?? 'no unshare'})`;
}
