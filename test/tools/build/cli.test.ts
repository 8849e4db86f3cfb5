import { execFile, execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { buildCli } from '../../../tools/build/cli.js';
import { fileScope } from '../../kit/scope.js';
import { tempFolder } from '../../kit/temp-folder.js';

const run = promisify(execFile);
const scope = fileScope();
let built: Promise<string> | undefined;
/** The bundle alone, as `fairlead` in a folder without `node_modules` above it. */
const bundle = () => {
  built ??= (async () => {
    const folder = await tempFolder(scope);
    const file = join(folder, 'fairlead.mjs');
    bytes = await buildCli(file);
    return file;
  })();
  return built;
};
let bytes = 0;

test('the bundle of the command: is small, and runs under Node alone', async (t) => {
  const file = await bundle();
  t.true(bytes < 800 * 1024, `${bytes} bytes`);
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  const { stdout } = await run(file, ['--version'], { env: { PATH: process.env.PATH } });
  t.is(stdout, `${version}\n`);
  const failed = await run(file, ['env', 'ls'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
  }).catch((error) => error);
  t.is(failed.code, 3);
  t.is(failed.stderr, 'fairlead: Not logged in\n  → Run fairlead login URL\n');
});

test('the bundle of the command: its script completes words in bash', async (t) => {
  const folder = await tempFolder(t);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await copyFile(await bundle(), join(bin, 'fairlead.mjs'));
  await chmod(join(bin, 'fairlead.mjs'), 0o755);
  const script = `
    fairlead() { ${process.execPath} ${bin}/fairlead.mjs "$@"; }
    source <(fairlead completion bash)
    COMP_WORDS=(fairlead env ls --status o); COMP_CWORD=4; _fairlead; printf '%s,' "\${COMPREPLY[@]}"`;
  const stdout = execFileSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder },
  });
  t.is(stdout, 'online,offline,');
});
