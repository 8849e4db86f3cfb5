import test from 'ava';
import { splitCommand } from '../../../../../plugin/ui-panel/tools/console/split-command.js';

test('split command: splits as a shell does, with quotes', (t) => {
  for (const [line, expected] of [
    ['', []],
    ['  sh ', ['sh']],
    [`sh -c 'echo "a  b"'`, ['sh', '-c', 'echo "a  b"']],
    [`a"b c"'d e'f`, ['ab cd ef']],
    [`"say \\"hi\\" \\n" x\\ y ''`, ['say "hi" \\n', 'x y', '']],
    [`'open`, ['open']],
  ] as const)
    t.deepEqual(splitCommand(line), [...expected], line);
});
