import { installPrograms } from './programs.js';

/** Path in Debian's package; Playwright's own download is not used. */
export const CHROMIUM = '/usr/bin/chromium';

/**
 * Ensures a browser for tests, as `installEngine` does for an engine.
 * @returns `undefined`, or the reason why there is none
 */
export async function installBrowser(say: (line: string) => void): Promise<string | undefined> {
  const problem = await installPrograms({ chromium: 'chromium' }, say);
  return problem && `no Chromium: ${problem}`;
}
