import test from 'ava';
import { startHost } from './start-host.js';

test('page: is served without signing in, with a policy that allows only its own files', async (t) => {
  const host = await startHost(t);
  const page = await host.call('/');
  t.is(page.status, 200);
  t.is(page.headers['content-type'], 'text/html; charset=utf-8');
  t.is(page.headers['x-content-type-options'], 'nosniff');
  const policy = String(page.headers['content-security-policy']).split('; ');
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]) {
    t.true(policy.includes(rule), rule);
  }
  t.notRegex(page.text, /<script(?! type="module" src=)|<style|\son\w+=|\sstyle=|https?:/);
});

test('page: every file it names is there, with its type', async (t) => {
  const host = await startHost(t);
  const { text } = await host.call('/');
  const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => String(path));
  t.deepEqual(named.sort(), ['/icon.svg', '/page.css', '/page.js']);
  const types = await Promise.all(named.map(async (path) => (await host.call(path)).headers['content-type']));
  t.deepEqual(types, ['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
});

test('page: its script inserts server data as text only', async (t) => {
  const host = await startHost(t);
  const { text } = await host.call('/page.js');
  t.notRegex(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
});

test('page: is not found under other names or methods', async (t) => {
  const host = await startHost(t);
  for (const path of ['/index.html', '/page/page.js', '/..%2fmain.ts'])
    t.is((await host.call(path)).status, 404);
  t.is((await host.call('/', { method: 'POST' })).status, 404);
});
