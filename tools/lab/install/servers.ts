import { access } from 'node:fs/promises';
import { runCommand } from '../run-command.js';
import { installPrograms, type Programs } from './programs.js';

/** Other programs for tests: proxies, Podman, Compose, a checker for systemd units, Prometheus. */
const PROGRAMS: Programs = {
  nginx: 'libnginx-mod-stream',
  haproxy: 'haproxy',
  caddy: 'caddy',
  podman: 'podman',
  'docker-compose': 'docker-compose',
  'systemd-analyze': 'systemd',
  prometheus: 'prometheus',
  promtool: 'prometheus',
};
/** Services that Debian's packages start immediately, and at each boot. */
const SERVICES = ['nginx', 'haproxy', 'caddy', 'prometheus'];

/**
 * Ensures these for tests, as `installEngine` does for an engine. Does not leave their services running.
 * @returns `undefined`, or the reason why they are missing
 */
export async function installServers(say: (line: string) => void): Promise<string | undefined> {
  const isThere = async (name: string) =>
    (await runCommand('sh', ['-c', `command -v ${name}`], { allowFailure: true })).code === 0;
  const before = await Promise.all(SERVICES.map(isThere));
  const problem = await installPrograms(PROGRAMS, say);
  const added = SERVICES.filter((_, index) => !before[index]);
  const hasSystemd = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  if (hasSystemd && added.length > 0) {
    say(`systemctl disable --now ${added.join(' ')}`);
    await runCommand('systemctl', ['disable', '--now', ...added], { allowFailure: true });
  }
  return problem;
}
