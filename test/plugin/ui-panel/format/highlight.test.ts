import test from 'ava';
import { markView } from '../../../../plugin/ui-panel/format/highlight.js';

const partsOf = (text: string) => {
  const view = markView(text, /(a)/);
  if (typeof view === 'string') return [];
  const [parts, rest] = view.values as [readonly unknown[], string];
  return [parts.length, rest.length];
};

test('highlight: marks the first 100 matches; the text stays whole', (t) => {
  t.is(markView('xyz', /(a)/), 'xyz');
  t.is(markView('xyz', null), 'xyz');
  t.deepEqual(partsOf('xaya'), [5, 0]);
  t.deepEqual(partsOf('a'.repeat(4_000)), [200, 3_900]);
});
