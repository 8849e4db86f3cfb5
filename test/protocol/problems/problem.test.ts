import test from 'ava';
import { codeOf, isProblemCode, Problem, problem } from '../../../protocol/problems.js';

test('problem: has the status and the sentence of its code', (t) => {
  const error = problem('name-taken');
  t.true(error instanceof Problem);
  t.is(error.code, 'name-taken');
  t.is(error.status, 409);
  t.is(error.message, 'Another environment has this name');
  t.false(error.isSilent);
});

test('problem: a detail replaces the sentence, a cause is kept, and members are added', (t) => {
  const cause = new Error('why');
  const error = problem('store-unwritable', {
    detail: 'Full',
    cause,
    retryAfterSeconds: 5,
    members: { left: 0 },
  });
  t.is(error.message, 'Full');
  t.is(error.cause, cause);
  t.is(error.retryAfterSeconds, 5);
  t.deepEqual(error.members, { left: 0 });
});

test('problem: has a cause only where one was given', (t) => {
  t.false('cause' in problem('internal'));
});

test('problem: a code without a status is a 500', (t) => {
  t.is(problem('snapshot-damaged').status, 500);
});

test('problem: a name from Object.prototype is not a code', (t) => {
  t.true(isProblemCode('duplicate'));
  for (const code of ['constructor', '__proto__', 'toString', '']) t.false(isProblemCode(code));
});

const CODES: [title: string, thrown: unknown, code: string][] = [
  ['a problem', problem('tunnel-closed'), 'tunnel-closed'],
  ["Node's error", Object.assign(new Error('m'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['an error without a code', new Error('m'), 'internal'],
  ['an error with a number for a code', Object.assign(new Error('m'), { code: 5 }), 'internal'],
  ['an object that is no error', { code: 'x' }, 'internal'],
  ['nothing', undefined, 'internal'],
];

for (const [title, thrown, code] of CODES) {
  test(`problem: the code of ${title} is ${code}`, (t) => {
    t.is(codeOf(thrown), code);
  });
}
