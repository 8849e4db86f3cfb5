const UNRELEASED = '## Unreleased';

/**
 * Turns the unreleased section into that of `version`, with its date (`YYYY-MM-DD`). That section is
 * `## Unreleased`, or, before a version's first release, one with its name and no date.
 * @throws Error if it is missing or empty
 */
export function releaseChangelog(text: string, version: string, date: string): string {
  const lines = text.split('\n');
  const start = [UNRELEASED, `## ${version}`]
    .map((title) => lines.indexOf(title))
    .find((index) => index >= 0);
  if (start === undefined) throw new Error(`CHANGELOG.md has no section ${UNRELEASED}`);
  const after = lines.slice(start + 1);
  const next = after.findIndex((line) => line.startsWith('## '));
  const section = next < 0 ? after : after.slice(0, next);
  if (!section.some((line) => line.startsWith('- '))) throw new Error('CHANGELOG.md: nothing to release');
  lines[start] = `## ${version} (${date})`;
  return lines.join('\n');
}
