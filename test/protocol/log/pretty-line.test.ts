import test from 'ava';
import { prettyLine } from '../../../protocol/log/pretty-line.js';

const TIME = '2030-01-01T00:00:00.000Z';

function linesOf(entry: object, isColored = false): string[] {
  return prettyLine(JSON.stringify({ level: 'info', time: TIME, ...entry }), isColored)
    .trimEnd()
    .split('\n');
}

test('pretty line: one line for the message, and one for each member', (t) => {
  const [head, ...members] = linesOf({ msg: 'listening', port: 8000, name: 'hub' });
  t.regex(head ?? '', /^\[\d\d:\d\d:\d\d\.000\] INFO: listening$/);
  t.deepEqual(members, ['    port: 8000', '    name: "hub"']);
  t.regex(linesOf({ level: 50, msg: 'x' })[0] ?? '', / ERROR: x$/, 'pino’s own levels');
  t.true(linesOf({ level: 'warn', msg: 'x' }, true)[0]?.includes('\u001b[33mWARN\u001b'));
});

for (const [name, text] of Object.entries({
  'a line break': 'a\n[00:00:00.000] INFO: forged',
  'a literal backslash and n': 'a\\n[00:00:00.000] INFO: forged',
  'a carriage return': 'a\r[00:00:00.000] INFO: forged',
  'a line separator of Unicode': 'a\u2028[00:00:00.000] INFO: forged',
  'a terminal sequence': 'a\u001b[2Kb\u009b2Kc\u007f',
  'a change of direction': 'a\u202e\u2066\u200f\u{e0001}b',
})) {
  test(`pretty line: ${name} in a key, a value or the message starts no line`, (t) => {
    const lines = linesOf({ msg: text, value: text, [text]: text, err: { [text]: text } });
    t.is(lines.length, 6);
    t.notRegex(lines.join(''), /[\p{Cc}\p{Cf}\u2028\u2029]/u);
  });
}

test('pretty line: the lines of a stack are separate', (t) => {
  const lines = linesOf({ msg: 'x', err: { stack: 'Error: no\n    at f (a.ts:1:1)\n    at g (b.ts:2:2)' } });
  t.true(lines.some((line) => /^\s+" {4}at f \(a\.ts:1:1\)",$/.test(line)));
});
