/**
 * Files with the version besides `package.json` and its lock, as Git pathspecs: image tags, labels, examples. In these
 * files each mention of the version means ours.
 */
export const VERSIONED_PATHS = [
  'manifest.json',
  'Dockerfile.*',
  'deploy',
  'README.md',
  'docs/*.md',
  ':!docs/*/*',
];

/** Replaces a version as a whole word: not in `10.1.0`, `0.1.0-rc.1` or `0.1.01`. */
export function replaceVersion(text: string, from: string, to: string): string {
  const literal = from.replaceAll('.', '\\.').replaceAll('+', '\\+');
  return text.replace(new RegExp(`(?<![\\w.+-])${literal}(?![\\w+-]|\\.\\w)`, 'g'), to);
}
