import { runCommand } from '../lab/run-command.js';

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-[\da-z.-]+)?$/;

/** Obstacles to releasing this checkout as `version`, one line each. */
export async function findObstacles(root: string, current: string, version: string): Promise<string[]> {
  const git = async (...args: string[]) => (await runCommand('git', args, { cwd: root })).stdout.trim();
  const obstacles: string[] = [];
  if (!VERSION.test(version)) obstacles.push(`${version} is not a version such as 1.2.3 or 1.2.3-rc.1`);
  else if (compare(version, current) < 0) obstacles.push(`${version} comes before ${current}`);
  const changes = await git('status', '--porcelain');
  if (changes !== '') obstacles.push(`there are changes that are not committed:\n${changes}`);
  if ((await git('tag', '--list', `v${version}`)) !== '') obstacles.push(`the tag v${version} exists`);
  if ((await git('branch', '--show-current')) === '') obstacles.push('no branch is checked out');
  return obstacles;
}

/** Compares the three numbers only. */
function compare(a: string, b: string): number {
  const numbers = (version: string) => VERSION.exec(version)?.slice(1, 4).map(Number) ?? [0, 0, 0];
  const [first, second] = [numbers(a), numbers(b)];
  const index = first.findIndex((value, at) => value !== second[at]);
  return index < 0 ? 0 : (first[index] ?? 0) - (second[index] ?? 0);
}
