import test from 'ava';
import { codeOf, EdgeError } from '../../protocol/edge-error.js';

test('edge error: is a 500 with a message for the caller, unless told', (t) => {
  t.is(new EdgeError('bad', 'm').status, 500);
  t.true(new EdgeError('bad', 'm').expose);
  t.is(new EdgeError('bad', 'm', { status: 404 }).status, 404);
  t.false(new EdgeError('bad', 'm', { status: 404, expose: false }).expose);
});

test('edge error: has a cause only where one was given', (t) => {
  const cause = new Error('why');
  t.is(new EdgeError('bad', 'm', { cause }).cause, cause);
  t.false('cause' in new EdgeError('bad', 'm'));
});

const CODES: [title: string, thrown: unknown, code: string][] = [
  ['an edge error', new EdgeError('tunnel-closed', 'm'), 'tunnel-closed'],
  ["Node's error", Object.assign(new Error('m'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['an error without a code', new Error('m'), 'internal'],
  ['an error with a number for a code', Object.assign(new Error('m'), { code: 5 }), 'internal'],
  ['an object that is no error', { code: 'x' }, 'internal'],
  ['nothing', undefined, 'internal'],
];

for (const [title, thrown, code] of CODES) {
  test(`edge error: the code of ${title} is ${code}`, (t) => {
    t.is(codeOf(thrown), code);
  });
}
