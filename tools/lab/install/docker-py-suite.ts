import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { cachedFolder, fillFolder } from './cached-folder.js';
import { installPrograms } from './programs.js';

const REQUIREMENTS = fileURLToPath(new URL('docker-py-suite.txt', import.meta.url));
const DOWNLOAD_MS = 300_000;

/** The folder with docker-py's own `tests`, without the library, once they are downloaded. */
export function dockerPySuiteFolder(): Promise<string> {
  return cachedFolder('docker-py-suite', [REQUIREMENTS]);
}

/**
 * Installs pytest from Debian, and downloads docker-py's own tests from PyPI, if missing.
 * @returns `undefined`, or the reason why they are missing
 */
export async function installDockerPySuite(say: (line: string) => void): Promise<string | undefined> {
  const problem = await installPrograms({ 'pytest-3': 'python3-pytest', pip3: 'python3-pip' }, say);
  if (problem) return problem;
  return fillFolder(await dockerPySuiteFolder(), async (unfinished) => {
    say('pip3 download --requirement tools/lab/install/docker-py-suite.txt');
    const options = ['--quiet', '--no-deps', '--no-binary=docker', '--require-hashes', '--dest', unfinished];
    await runCommand('pip3', ['download', ...options, '--requirement', REQUIREMENTS], {
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
      timeoutMs: DOWNLOAD_MS,
    });
    const archive = join(unfinished, 'docker-7.0.0.tar.gz');
    await runCommand('tar', [
      '-xzf',
      archive,
      '-C',
      unfinished,
      '--strip-components=1',
      'docker-7.0.0/tests',
    ]);
    // The tests import it, but only those over SSH use it.
    await writeFile(join(unfinished, 'paramiko.py'), '');
  });
}
