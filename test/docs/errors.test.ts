import { readFile } from 'node:fs/promises';
import test from 'ava';
import { PROBLEMS } from '../../protocol/problems.js';
import { errorsDocument } from '../../tools/errors-document.js';

test('errors: docs/errors.md is what `npm run docs:errors` writes', async (t) => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  t.is(text, errorsDocument());
});

test('errors: each code of the catalogue has one row, to which links lead', (t) => {
  const text = errorsDocument();
  const anchors = [...text.matchAll(/<a id="([a-z-]+)"><\/a>/g)].map(([, code]) => code);
  t.deepEqual(anchors.sort(), Object.keys(PROBLEMS).sort());
});

test('errors: texts fit a table, and sentences are plain text without a full stop', (t) => {
  for (const [code, { sentence, nextStep, ...more }] of Object.entries(PROBLEMS)) {
    for (const text of [sentence, nextStep, 'cause' in more ? more.cause : 'A cause']) {
      t.regex(text, /^[^|\n]*[^|\n.]$/, code);
    }
    t.regex(sentence, /^([A-Z]|attach\/ws|\d)[^`]*$/, code);
  }
});
