import test from 'ava';
import { isModestJson, LIST_BOUNDS } from '../../../protocol/messages/modest-json.js';

const isModest = (text: string) => isModestJson(Buffer.from(text), LIST_BOUNDS);

test('modest JSON: 64 levels are accepted, 65 are not', (t) => {
  t.true(isModest('['.repeat(64) + ']'.repeat(64)));
  t.false(isModest(`${'[{"a":'.repeat(32)}[]${'}]'.repeat(32)}`));
  t.true(isModest(`[${'[],'.repeat(1_000)}[]]`), 'side by side is not nested');
});

test('modest JSON: 400,000 members are accepted, more are not', (t) => {
  t.true(isModest(`[${'0,'.repeat(399_999)}0]`));
  t.false(isModest(`[${'0,'.repeat(400_000)}0]`));
  t.false(isModest(`[${'{},'.repeat(200_000)}{}]`));
  t.false(isModest(`{${'"a":0,'.repeat(200_000)}"a":0}`));
});

test('modest JSON: the contents of strings do not count', (t) => {
  t.true(isModest(JSON.stringify(['[{'.repeat(100_000), ',:'.repeat(300_000)])));
  t.true(isModest(JSON.stringify(['\\', '"['.repeat(100), '\\"'.repeat(500_000)])));
  t.false(isModest(`["\\\\",${'['.repeat(64)}`), 'a text that ends with a backslash ends');
});

test('modest JSON: invalid JSON ends the scan, too', (t) => {
  t.true(isModest('"never closed [[[['));
  t.true(isModest(']]]]'));
  t.true(isModest(''));
});
