import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMIT_BLOCKS = 64;

/**
 * Has a process write 100,000 bytes to a path where no file may grow past 32 KiB: the first write writes that much
 * and says so, as on a disk that fills up.
 * @param module of the project's, from its root
 * @param name of the function it exports; gets path, text and `more`
 * @returns `written`, or the error's code
 */
export async function writeFileLimited(
  module: string,
  name: string,
  path: string,
  ...more: unknown[]
): Promise<string> {
  const url = new URL(`../../../${module}`, import.meta.url).href;
  const script = fileURLToPath(new URL('write-file.ts', import.meta.url));
  const shell = ['-c', `ulimit -f ${LIMIT_BLOCKS}; exec "$@"`, 'sh', process.execPath, '--import', 'tsx'];
  const { stdout } = await run('sh', [...shell, script, url, name, path, JSON.stringify(more)], {
    // The compiler's cache stays off, or half a file of it would be left for others.
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  });
  return stdout.trim();
}
