import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { installPrograms } from './programs.js';

const SOURCES = fileURLToPath(new URL('../../../test/e2e/clients/go-client/', import.meta.url));
/** Writable by root only, unlike the temporary folders: its content runs as root. */
const CACHE = '/var/cache/fairlead';
/** It downloads 12 MB of modules, and compiles half of the standard library. */
const BUILD_MS = 300_000;

/** The program of `test/e2e/clients/go-client`, once it is built. */
export async function goClientPath(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(SOURCES, name)));
  return join(CACHE, `go-client-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * Builds a client with Docker's Go library, if missing: with the machine's Go, or Debian's, and modules from the Go module proxy.
 * @returns `undefined`, or the reason why it is missing
 */
export async function buildGoClient(say: (line: string) => void): Promise<string | undefined> {
  const path = await goClientPath();
  if (await isThere(path)) return undefined;
  const problem = await installPrograms({ go: 'golang-go' }, say);
  if (problem) return problem;
  const unfinished = `${path}.${process.pid}`;
  try {
    say(`go build -o ${path} in test/e2e/clients/go-client`);
    await mkdir(CACHE, { recursive: true, mode: 0o700 });
    const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
    const args = ['build', '-trimpath', '-buildvcs=false', '-o', unfinished, '.'];
    await runCommand('go', args, { cwd: SOURCES, env, timeoutMs: BUILD_MS });
    await rename(unfinished, path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
