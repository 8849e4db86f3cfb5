import test from 'ava';
import { SHOWN_PROBLEMS, shownProblem } from '../../../protocol/problems/shown.js';
import { isProblemCode } from '../../../protocol/problems.js';

test('shown problem: each code has a next step that is a sentence', (t) => {
  for (const [code, text] of Object.entries(SHOWN_PROBLEMS)) {
    t.true(isProblemCode(code), code);
    t.regex(text?.nextStep ?? '', /^[A-Z].*\.$/, code);
  }
});

test('shown problem: a name from Object.prototype has no texts', (t) => {
  for (const code of ['constructor', '__proto__', 'toString', '']) t.is(shownProblem(code), undefined);
});
