import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.js';
import { cachedFolder, fillFolder } from './cached-folder.js';
import { installPrograms } from './programs.js';

const SOURCES = fileURLToPath(new URL('../../../test/e2e/clients/go-client/', import.meta.url));
const PROGRAM = 'go-client';
/** It downloads 12 MB of modules, and compiles half of the standard library. */
const BUILD_MS = 300_000;

/** The program of `test/e2e/clients/go-client`, once it is built. */
export async function goClientPath(): Promise<string> {
  return join(await folderOfProgram(), PROGRAM);
}

/**
 * Builds a client with Docker's Go library, if missing: with the machine's Go, or Debian's, and modules from the Go module proxy.
 * @returns `undefined`, or the reason why it is missing
 */
export async function buildGoClient(say: (line: string) => void): Promise<string | undefined> {
  const problem = await installPrograms({ go: 'golang-go' }, say);
  if (problem) return problem;
  const folder = await folderOfProgram();
  return fillFolder(folder, async (unfinished) => {
    say(`go build -o ${folder} in test/e2e/clients/go-client`);
    const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
    const args = ['build', '-trimpath', '-buildvcs=false', '-o', join(unfinished, PROGRAM), '.'];
    await runCommand('go', args, { cwd: SOURCES, env, timeoutMs: BUILD_MS });
  });
}

function folderOfProgram(): Promise<string> {
  return cachedFolder(
    'docker-go',
    ['main.go', 'go.mod', 'go.sum'].map((name) => join(SOURCES, name)),
  );
}
