import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { cachedFolder, fillFolder } from './cached-folder.js';
import { installPrograms } from './programs.js';

const REQUIREMENTS = fileURLToPath(new URL('docker-py.txt', import.meta.url));
const INSTALL_MS = 300_000;

/** The folder of Docker's client library for Python, as `docker-py.txt` pins it, once it is installed. */
export function dockerPyFolder(): Promise<string> {
  return cachedFolder('docker-py', [REQUIREMENTS]);
}

/**
 * Installs Python and docker-py for tests, from Debian and PyPI, if missing. The machine's own Python does not change.
 * @returns `undefined`, or the reason why they are missing
 */
export async function installDockerPy(say: (line: string) => void): Promise<string | undefined> {
  const problem = await installPrograms({ python3: 'python3', pip3: 'python3-pip' }, say);
  if (problem) return problem;
  const folder = await dockerPyFolder();
  return fillFolder(folder, async (unfinished) => {
    say(`pip3 install --target ${folder} --requirement tools/lab/install/docker-py.txt`);
    const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await runCommand('pip3', ['install', ...options, '--target', unfinished, '--requirement', REQUIREMENTS], {
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
      timeoutMs: INSTALL_MS,
    });
  });
}
