import { randomUUID } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { parseEdgeId } from '../../../protocol/crypto/edge-id.js';
import { Problem } from '../../../protocol/problems.js';

test('edge ID: any UUID in any letter case is read in lower case', (t) => {
  fc.assert(
    fc.property(fc.uuid(), fc.infiniteStream(fc.boolean()), (id, upper) => {
      const mixed = [...id].map((c) => (upper.next().value ? c.toUpperCase() : c)).join('');
      t.is(parseEdgeId(mixed), id);
    }),
  );
});

test('edge ID: accepts the output of crypto.randomUUID, and of uuidgen with its line end', (t) => {
  const id = randomUUID();
  t.is(parseEdgeId(`${id.toUpperCase()}\n`), id);
});

const ID = '3f2b8f0e-1c54-4d0a-9c7e-5a1d2b6e8f90';
const BAD: [title: string, value: unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 1],
  ['an array of one', [ID]],
  ['an empty text', ''],
  ['no hyphens', ID.replaceAll('-', '')],
  ['braces', `{${ID}}`],
  ['a URN', `urn:uuid:${ID}`],
  ['one digit less', ID.slice(1)],
  ['one digit more', `${ID}0`],
  ['a letter past f', `g${ID.slice(1)}`],
  ['a NUL', `${ID}\0`],
  ['two lines', `${ID}\n${ID}`],
  ['full-width digits', ID.replace('3', '３')],
  ['a giant text', ID.repeat(100_000)],
];

for (const [title, value] of BAD) {
  test(`edge ID: rejects ${title}`, (t) => {
    const error = t.throws(() => parseEdgeId(value), { instanceOf: Problem, code: 'edge-id-malformed' });
    t.is(error.status, 400);
  });
}
