import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from '../run-command.js';

/** Programs, and the Debian package of each. */
export type Programs = Readonly<Record<string, string>>;

/**
 * Installs missing `programs`, on Debian and Ubuntu, as root; announces it through `say` first.
 * @returns `undefined`, or the reason why it cannot
 */
export async function installPrograms(
  programs: Programs,
  say: (line: string) => void,
): Promise<string | undefined> {
  const missing = await missingPrograms(programs);
  if (missing.length === 0) return undefined;
  if (!(await findProgram('apt-get'))) return `missing: ${missing.join(', ')}`;
  say(`missing: ${missing.join(', ')}. Installing from this machine's package sources (apt-get) ...`);
  try {
    await aptGet(say, 'update');
    // Before Debian 13 the client is part of docker.io, without a package docker-cli.
    const split = await runCommand('apt-cache', ['show', 'docker-cli'], { allowFailure: true });
    const packages = missing.map((program) => programs[program] ?? program);
    const wanted = packages.map((name) => (name === 'docker-cli' && split.code !== 0 ? 'docker.io' : name));
    await aptGet(say, 'install', '-y', '--no-install-recommends', ...new Set(wanted));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const still = await missingPrograms(programs);
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

async function missingPrograms(programs: Programs): Promise<string[]> {
  const names = Object.keys(programs);
  const found = await Promise.all(names.map(findProgram));
  return names.filter((_, index) => !found[index]);
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
