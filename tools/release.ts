import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildAgent } from './build/agent.js';
import { buildHub } from './build/hub.js';
import { buildPlugin, PLUGIN_FOLDER } from './build/plugin.js';
import { runCommand } from './lab/run-command.js';
import { findObstacles } from './release/readiness.js';
import { releaseChangelog } from './release/release-changelog.js';
import { replaceVersion, VERSIONED_PATHS } from './release/versioned-text.js';

const USAGE = 'Usage: npm run release -- VERSION [--dry-run] [--no-images] [--base NODE_IMAGE]';
const OUTPUT = 'dist/release';
const LONG_MS = 900_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string) => console.log(`release: ${line}`);

try {
  await release();
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Prepares a release up to its commit and tag. Publishes nothing: prints the commands for that. */
async function release(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      'no-images': { type: 'boolean', default: false },
      base: { type: 'string' },
    },
  });
  const [version] = positionals;
  if (version === undefined || positionals.length > 1) throw new Error(USAGE);
  const dryRun = values['dry-run'];
  const { version: current } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const obstacles = await findObstacles(root, current, version);
  if (obstacles.length > 0) throw new Error(obstacles.join('\n'));

  /** Prints a step, and runs it unless this is a dry run. */
  const step = async (what: string, run: () => Promise<unknown>) => {
    say(what);
    if (!dryRun) await run();
  };
  const command = (program: string, ...args: string[]) =>
    step([program, ...args].join(' '), () => runCommand(program, args, { cwd: root, timeoutMs: LONG_MS }));

  await command('npm', 'run', 'check');
  for (const [file, text] of await edits(current, version)) {
    await step(`write ${file}`, () => writeFile(join(root, file), text));
  }
  await command('npm', 'version', version, '--no-git-tag-version', '--allow-same-version');
  await step('build agent, hub and plugin', () => Promise.all([buildAgent(), buildHub(), buildPlugin()]));
  await step(`make ${OUTPUT}`, () => mkdir(join(root, OUTPUT), { recursive: true }));
  await command('npm', 'pack', `./${PLUGIN_FOLDER}`, '--pack-destination', OUTPUT);
  const images = ['agent', 'hub'].map((name) => [name, `fairlead/${name}:${version}`] as const);
  const base = values.base === undefined ? [] : ['--build-arg', `BASE=${values.base}`];
  for (const [name, image] of values['no-images'] ? [] : images) {
    await command('docker', 'build', '-f', `Dockerfile.${name}`, ...base, '-t', image, '.');
  }
  await command('git', 'commit', '--all', '--message', `build: release ${version}`);
  await command('git', 'tag', '--annotate', `v${version}`, '--message', `Fairlead ${version}`);
  printPublishing(version, dryRun);
}

/** New content of the files that name the version, the changelog included. */
async function edits(current: string, version: string): Promise<[file: string, text: string][]> {
  const { stdout } = await runCommand('git', ['ls-files', '--', ...VERSIONED_PATHS], { cwd: root });
  const read = (file: string) => readFile(join(root, file), 'utf8');
  const today = new Date().toISOString().slice(0, 10);
  const changed: [string, string][] = [
    ['CHANGELOG.md', releaseChangelog(await read('CHANGELOG.md'), version, today)],
  ];
  for (const file of stdout.trim().split('\n')) {
    const before = await read(file);
    const after = replaceVersion(before, current, version);
    if (after !== before) changed.push([file, after]);
  }
  return changed;
}

function printPublishing(version: string, dryRun: boolean): void {
  console.log(`
${dryRun ? 'Nothing was changed. After a release' : 'Released on this machine only. Review it (git show), then'} these publish it:
  git push --follow-tags
  npm publish ${OUTPUT}/fairlead-plugin-${version}.tgz
  docker push fairlead/agent:${version}
  docker push fairlead/hub:${version}
Images for two platforms are built and pushed in one:
  docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.agent -t fairlead/agent:${version} --push .
  docker buildx build --platform linux/amd64,linux/arm64 -f Dockerfile.hub -t fairlead/hub:${version} --push .`);
}
