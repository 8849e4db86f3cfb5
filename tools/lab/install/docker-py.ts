import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { installPrograms } from './programs.js';

const REQUIREMENTS = fileURLToPath(new URL('docker-py.txt', import.meta.url));
/** Writable by root only, unlike the temporary folders: its content runs as root. */
const CACHE = '/var/cache/fairlead';
const INSTALL_MS = 300_000;

/** The folder of Docker's client library for Python, as `docker-py.txt` pins it, once it is installed. */
export async function dockerPyFolder(): Promise<string> {
  const pins = createHash('sha256').update(await readFile(REQUIREMENTS));
  return join(CACHE, `docker-py-${pins.digest('hex').slice(0, 12)}`);
}

/**
 * Installs Python and docker-py for tests, from Debian and PyPI, if missing. The machine's own Python does not change.
 * @returns `undefined`, or the reason why they are missing
 */
export async function installDockerPy(say: (line: string) => void): Promise<string | undefined> {
  const problem = await installPrograms({ python3: 'python3', pip3: 'python3-pip' }, say);
  if (problem) return problem;
  const folder = await dockerPyFolder();
  if (await isThere(folder)) return undefined;
  await mkdir(CACHE, { recursive: true, mode: 0o700 });
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  try {
    say(`pip3 install --target ${folder} --requirement tools/lab/install/docker-py.txt`);
    const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await runCommand('pip3', ['install', ...options, '--target', unfinished, '--requirement', REQUIREMENTS], {
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
      timeoutMs: INSTALL_MS,
    });
    await rename(unfinished, folder);
  } catch (error) {
    // Another run may have been faster.
    if (!(await isThere(folder))) return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
