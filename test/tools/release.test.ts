import { access, appendFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import test from 'ava';
import { type CommandResult, runCommand } from '../../tools/lab/run-command.js';
import { releaseChangelog } from '../../tools/release/release-changelog.js';
import { replaceVersion, VERSIONED_PATHS } from '../../tools/release/versioned-text.js';
import type { Scope } from '../kit/scope.js';
import { tempFolder } from '../kit/temp-folder.js';

const ENTRY = ['--import', 'tsx', 'tools/release.ts'];

/**
 * A clone of this project as committed, ready for a release. `check` replaces the
 * project's own, which a run of all tests has done already.
 */
async function clone(t: Scope, check = 'exit 0') {
  const folder = join(await tempFolder(t), 'clone');
  await runCommand('git', ['clone', '-q', '.', folder]);
  const git = async (...args: string[]) => (await runCommand('git', args, { cwd: folder })).stdout.trim();
  await git('checkout', '-q', '-B', 'main');
  await git('config', 'user.name', 'release test');
  await git('config', 'user.email', 'release@test.invalid');
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, '.git/info/exclude'), 'node_modules\n');
  await writeFile(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- something new\n');
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  manifest.scripts.check = check;
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await git('commit', '-qam', 'docs: something new');
  const release = (...args: string[]): Promise<CommandResult> =>
    runCommand(process.execPath, [...ENTRY, ...args], { cwd: folder, allowFailure: true });
  return { folder, git, release, read: (file: string) => readFile(join(folder, file), 'utf8') };
}

test('release: a clean clone becomes a commit and a tag, with the version everywhere', async (t) => {
  t.timeout(180_000);
  const { folder, git, release, read } = await clone(t);
  const before = await git('rev-parse', 'HEAD');
  const { version } = JSON.parse(await read('package.json'));
  const { code, stdout, stderr } = await release('0.99.0', '--no-images');
  t.is(code, 0, stderr);
  t.is(await git('log', '-1', '--format=%s'), 'build: release 0.99.0');
  t.is(await git('rev-parse', 'v0.99.0^{}'), await git('rev-parse', 'HEAD'));
  t.is(await git('rev-parse', 'HEAD~1'), before);
  t.is(await git('status', '--porcelain'), '');
  for (const file of ['package.json', 'package-lock.json', 'manifest.json']) {
    t.is(JSON.parse(await read(file)).version, '0.99.0', file);
  }
  t.is(JSON.parse(await read('package-lock.json')).packages[''].version, '0.99.0');
  t.regex(await read('CHANGELOG.md'), /^## 0\.99\.0 \(\d{4}-\d\d-\d\d\)$/m);
  t.regex(await read('Dockerfile.hub'), /image\.version="0\.99\.0"/);
  t.regex(await read('deploy/compose.yaml'), /fairlead\/hub:0\.99\.0/);
  t.is(JSON.parse(await read('dist/hub/package.json')).version, '0.99.0');
  await t.notThrowsAsync(access(join(folder, 'dist/release/fairlead-plugin-0.99.0.tgz')));
  t.regex(stdout, /git push --follow-tags/);
  const old = await runCommand('git', ['grep', '-nwF', version, '--', ...VERSIONED_PATHS], {
    cwd: folder,
    allowFailure: true,
  });
  t.is(old.stdout, '');

  const again = await release('0.99.0', '--no-images');
  t.is(again.code, 1);
  t.regex(again.stderr, /the tag v0\.99\.0 exists/);
});

test('release: a dry run prints the steps and changes nothing', async (t) => {
  const { folder, git, release } = await clone(t);
  const { code, stdout, stderr } = await release('0.99.0', '--dry-run');
  t.is(code, 0, stderr);
  for (const what of ['npm run check', 'write CHANGELOG.md', 'docker build -f Dockerfile.agent', 'git tag']) {
    t.true(stdout.includes(what), what);
  }
  t.is(await git('status', '--porcelain'), '');
  t.is(await git('tag', '--list', 'v0.99.0'), '');
  await t.throwsAsync(access(join(folder, 'dist')), { code: 'ENOENT' });
});

test('release: a check that fails ends it before anything is changed', async (t) => {
  const { git, release } = await clone(t, 'echo the check failed && exit 1');
  const { code, stderr } = await release('0.99.0', '--no-images');
  t.is(code, 1);
  t.regex(stderr, /the check failed/);
  t.is(await git('status', '--porcelain'), '');
  t.is(await git('log', '-1', '--format=%s'), 'docs: something new');
});

test('release: refuses uncommitted changes, older versions and invalid ones', async (t) => {
  const { folder, release } = await clone(t);
  t.regex((await release('0.0.9')).stderr, /0\.0\.9 comes before/);
  t.regex((await release('next')).stderr, /next is not a version/);
  t.regex((await release()).stderr, /^release: Usage/);
  await appendFile(join(folder, 'README.md'), 'more\n');
  const { code, stderr } = await release('0.99.0');
  t.is(code, 1);
  t.regex(stderr, /not committed:\nM? ?M README\.md/);
});

const texts: [text: string, expected: string][] = [
  ['image:0.1.0.', 'image:0.2.0.'],
  ['"0.1.0", v 0.1.0', '"0.2.0", v 0.2.0'],
  ['10.1.0 0.1.0-rc.1 0.1.0.1 0.1.01 x0.1.0', '10.1.0 0.1.0-rc.1 0.1.0.1 0.1.01 x0.1.0'],
];
for (const [text, expected] of texts) {
  test(`release: whole versions are replaced: ${text}`, (t) => {
    t.is(replaceVersion(text, '0.1.0', '0.2.0'), expected);
  });
}

test('release: the changelog’s open section gets version and date', (t) => {
  const open = '# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-01-01)\n\n- old\n';
  t.is(releaseChangelog(open, '0.2.0', '2026-02-03'), open.replace('Unreleased', '0.2.0 (2026-02-03)'));
  const first = '# Changelog\n\n## 0.1.0\n\n- first\n';
  t.is(releaseChangelog(first, '0.1.0', '2026-02-03'), first.replace('0.1.0', '0.1.0 (2026-02-03)'));
  t.throws(() => releaseChangelog(first, '0.2.0', '2026-02-03'), { message: /no section/ });
  const empty = '## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- old\n';
  t.throws(() => releaseChangelog(empty, '0.2.0', '2026-02-03'), { message: /nothing to release/ });
});
