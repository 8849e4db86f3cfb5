import test from 'ava';
import { countTests } from '../../tools/run-ava.js';

const OUTPUTS: ReadonlyArray<
  readonly [title: string, output: string, exitCode: number | null, counts: readonly [number, number, number]]
> = [
  ['one passed test', '\n  ✔ a\n  ─\n\n  1 test passed\n', 0, [1, 0, 0]],
  [
    'every kind of failure',
    '\n  ✔ b\n  ✔ c (1s)\n  ✔ [expected fail] d\n  ✘ [fail]: a\n  ─\n\n  ✔ quoted\n  9 tests failed\n\n  ─\n\n  1 hook failed\n  2 tests failed\n  1 known failure\n' +
      '  1 test skipped\n  1 test todo\n  2 uncaught exceptions\n  1 unhandled rejection\n  3 tests remained pending after a timeout',
    1,
    [3, 9, 2],
  ],
  [
    'a file that only died',
    '\n  ✘ test/a.test.ts exited due to SIGSEGV\n  ─\n\n  4 tests passed',
    1,
    [4, 1, 0],
  ],
  ['no summary at all', 'Segmentation fault', null, [0, 1, 0]],
  ['nothing that matches', '\n  ✘ Couldn’t find any files to test\n', 1, [0, 0, 0]],
];

for (const [title, output, exitCode, [passed, failed, skipped]] of OUTPUTS) {
  test(`test counts: ${title}`, (t) => {
    t.deepEqual(countTests(output, exitCode), { passed, failed, skipped });
  });
}

test('test counts: what a test prints about tests does not count', (t) => {
  const output = '  ℹ 7 tests passed\n  7 tests failed\n\n  ─\n\n  2 tests passed\n';
  t.deepEqual(countTests(output, 0), { passed: 2, failed: 0, skipped: 0 });
});
