import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { printable, printableJson } from '../../../cli/terminal/printable.js';
import { shellQuote } from '../../../cli/terminal/shell-quote.js';
import { alignTable } from '../../../cli/terminal/table.js';

/** What a terminal could obey. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });

test('printable: no control character passes, and other text is unchanged', (t) => {
  t.is(printable('\u001b[2Jshop\r\n\u009b31m\u202eevil\u2028'), '[2Jshop31mevil');
  t.is(printable('Größe “7” 日本 🚢'), 'Größe “7” 日本 🚢');
  fc.assert(fc.property(name, (text) => !OBEYED.test(printable(text))));
});

test('printable JSON: parses to the same value, without control characters', (t) => {
  fc.assert(
    fc.property(fc.dictionary(name, name), (value) => {
      const text = printableJson(value);
      return (
        !OBEYED.test(text.replaceAll('\n', '')) && JSON.stringify(JSON.parse(text)) === JSON.stringify(value)
      );
    }),
  );
  t.pass();
});

test('printed commands: a shell reads back exactly the printable words', (t) => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (words) => {
      // UTF-8 has no lone surrogates.
      const expected = words.map((word) => Buffer.from(printable(word)).toString());
      const script = `printf '%s\\n' ${shellQuote(words)}`;
      t.notRegex(script.slice(13), OBEYED);
      t.is(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), `${expected.join('\n')}\n`);
    }),
    { numRuns: 60, examples: [[["it's", '$(reboot)', '`reboot`', '-x', ';', '']]] },
  );
});

test('table: columns align, wide and combining characters included', (t) => {
  t.deepEqual(
    alignTable([
      ['NAME', 'STATUS'],
      ['日本', 'online'],
      ['e\u0301t\u001bé', 'new'],
    ]),
    ['NAME   STATUS', '日本   online', 'e\u0301té    new'],
  );
});
