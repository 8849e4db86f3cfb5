import test from 'ava';
import { arrange } from '../../../../../plugin/ui-panel/elements/resource-list/arrange.js';
import type { Column } from '../../../../../plugin/ui-panel/elements/resource-list/resource.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly bytes: number;
}

const ROWS: readonly Row[] = [
  { id: 'c1', name: 'web-10', image: 'nginx', bytes: 30 },
  { id: 'a2', name: 'web-9', image: 'Nginx', bytes: 200 },
  { id: 'b3', name: 'db', image: 'postgres', bytes: 9 },
];
const COLUMNS: readonly Column<Row>[] = [
  { title: 'Name', track: '1fr', cell: ({ name }) => name, order: ({ name }) => name },
  { title: 'Image', track: '1fr', cell: ({ image }) => image, text: ({ image }) => image },
  { title: 'Size', track: '1fr', cell: () => '', order: ({ bytes }) => bytes },
];
const ids = (search: string, column: number, isDown: boolean) =>
  arrange(ROWS, COLUMNS, { search, column, isDown }).map(({ id }) => id);

test('arrange: numbers, also in names, sort as numbers, in both directions', (t) => {
  t.deepEqual(ids('', 0, false), ['b3', 'a2', 'c1']);
  t.deepEqual(ids('', 0, true), ['c1', 'a2', 'b3']);
  t.deepEqual(ids('', 2, false), ['b3', 'c1', 'a2']);
});

test('arrange: finds by name, id and text, ignoring case; without an order rows stay in place', (t) => {
  t.deepEqual(ids(' NGINX ', 1, false), ['c1', 'a2']);
  t.deepEqual(ids('b3', 0, false), ['b3']);
  t.deepEqual(ids('WEB-9', 0, false), ['a2']);
  t.deepEqual(ids('nothing', 0, false), []);
  t.deepEqual(
    ROWS.map(({ id }) => id),
    ['c1', 'a2', 'b3'],
  );
});

test('arrange: unknown values come first, and the rest stays in order', (t) => {
  const sizes = [3, Number.NaN, 1, Number.NaN, 2, 0].map((bytes, at) => ({
    id: String(at),
    name: '',
    image: '',
    bytes,
  }));
  const sorted = (isDown: boolean) =>
    arrange(sizes, COLUMNS, { search: '', column: 2, isDown }).map(({ bytes }) => bytes);
  t.deepEqual(sorted(false), [Number.NaN, Number.NaN, 0, 1, 2, 3]);
  t.deepEqual(sorted(true), [3, 2, 1, 0, Number.NaN, Number.NaN]);
});
