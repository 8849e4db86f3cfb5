import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'docs/troubleshooting.md',
  'docs/deploying.md',
  'docs/backup.md',
  'protocol/README.md',
  'docs/decisions/cloned-machines.md',
];
const NOT_CODES = new Set([
  'fairlead-agent',
  'fairlead-agent-data',
  'fairlead-kept',
  'fairlead-proof',
  'rotate-key',
  'tunnel-port',
  'accept-clone',
]);

for (const page of PAGES) {
  test(`codes: each one that ${page} names has its row in docs/errors.md`, async (t) => {
    const errors = await readFile(join(ROOT, 'docs/errors.md'), 'utf8');
    const text = await readFile(join(ROOT, page), 'utf8');
    const named = [...text.matchAll(/`(?:\d{3} )?([a-z]+(?:-[a-z]+)+)`/g)].map(([, code = '']) => code);
    const codes = new Set(named.filter((code) => !NOT_CODES.has(code)));
    t.true(codes.size > 0);
    t.deepEqual(
      [...codes].filter((code) => !errors.includes(`\`${code}\``)),
      [],
    );
  });
}
