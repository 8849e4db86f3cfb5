import test from 'ava';
import fc from 'fast-check';
import { distinctLines } from '../../../../../plugin/server-hooks/views/snapshot/distinct-lines.js';

/** A list's inside, as a file holds it, in pieces of any length. */
async function* inPieces(items: readonly unknown[], sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(items.map((item) => JSON.stringify(item)).join(',\n'));
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const end = start + (sizes[index % sizes.length] ?? bytes.length);
    yield bytes.subarray(start, end);
    start = end;
  }
}

test('distinct lines: items common to several lists appear once, in order, however they are chunked', async (t) => {
  const item = fc.oneof(
    fc.constantFrom('a', 'b,', 'ü🚢', 'line\nfeed', 'sep\u2028\u2029', '\r', '"'),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
  );
  const lists = fc.array(
    fc.array(
      item.map((id) => ({ id })),
      { maxLength: 6 },
    ),
    { maxLength: 4 },
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(lists, sizes, async (lists, sizes) => {
    let text = '';
    for await (const piece of distinctLines(lists.map((items) => inPieces(items, sizes)))) text += piece;
    const distinct = [...new Set(lists.flat().map(({ id }) => id))];
    t.deepEqual(
      JSON.parse(`[${text}]`),
      distinct.map((id) => ({ id })),
    );
  });
  await fc.assert(property, { numRuns: 300 });
});
