import test from 'ava';
import { ProblemCounts } from '../../../../plugin/server-hooks/model/problem-counts.js';
import { problem } from '../../../../protocol/problems.js';

test('problem counts: codes that are not ours count as internal, so that their number is bounded', (t) => {
  const counts = new ProblemCounts();
  counts.add(problem('name-taken'));
  counts.add(problem('name-taken'));
  counts.add(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  counts.add('no error');
  counts.addCode('__proto__');
  t.deepEqual(
    [...counts],
    [
      ['name-taken', 2],
      ['internal', 3],
    ],
  );
});
