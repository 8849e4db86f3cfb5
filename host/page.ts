import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Middleware } from 'koa';

const FOLDER = new URL('page/', import.meta.url);
const FILES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
] as const;

/** Headers of the dashboard's own pages and their files. */
export const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
    // The policy of Lit in panels of plugins; each panel may bundle its own Lit.
    "trusted-types lit-html 'allow-duplicates'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-cache',
};

/** The dashboard's own page: a few static files, read once. */
export async function loadPage(): Promise<Middleware> {
  const pages = new Map<string, { body: Buffer; type: string }>(
    await Promise.all(
      FILES.map(async ([path, file, type]) => {
        const body = await readFile(fileURLToPath(new URL(file, FOLDER)));
        return [path, { body, type }] as const;
      }),
    ),
  );
  return async (ctx, next) => {
    const page = ctx.method === 'GET' || ctx.method === 'HEAD' ? pages.get(ctx.path) : undefined;
    if (page === undefined) return next();
    ctx.set(PAGE_HEADERS);
    ctx.type = page.type;
    ctx.body = page.body;
  };
}
