import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { PAGE_HEADERS } from '../../../../host/page.js';
import { load } from '../../../kit/browser/browser.js';
import type { Hub } from '../../../kit/hub/hub.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Opens a page as another dashboard could have it, on the hub's origin, with one module script. */
export async function openForeignPage(
  page: Page,
  hub: Hub,
  { body, script }: { readonly body: string; readonly script: string },
): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"development"' },
    external: ['/panels/*'],
    write: false,
    logLevel: 'error',
  });
  const files = {
    '/foreign': {
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><title>Foreign</title>${body}
      <script type="module" src="/foreign.js"></script></html>`,
    },
    '/foreign.js': { contentType: 'text/javascript', body: outputFiles[0]?.text ?? '' },
  };
  for (const [path, file] of Object.entries(files))
    await page.route(`${hub.origin}${path}`, (route) => route.fulfill({ headers: PAGE_HEADERS, ...file }));
  await load(() => page.goto(`${hub.origin}/foreign`));
}
