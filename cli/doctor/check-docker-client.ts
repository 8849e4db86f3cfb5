import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf } from '../../protocol/problems/problem.js';
import type { Runtime } from '../runtime.js';
import type { Checklist } from './checklist.js';

const VERSION_MS = 10_000;

/** Reports the docker client in `PATH`, if any. Other clients need none. */
export async function checkDockerClient(list: Checklist, { env }: Runtime): Promise<void> {
  try {
    const { stdout } = await promisify(execFile)('docker', ['--version'], { env, timeout: VERSION_MS });
    await list.run('docker', async () => ({ text: stdout.trim(), value: true }));
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT';
    list.skip(
      'docker',
      isMissing ? 'the docker client is not in PATH' : 'docker --version failed',
      'Install docker-ce-cli or docker.io, if you want to use it on this machine',
    );
  }
}
