import test from 'ava';
import { findEvents, typesOf } from '../../../../plugin/ui-panel/sections/event-filter.js';
import { pruneResult, pruneVolumesPath } from '../../../../plugin/ui-panel/sections/prune.js';

const results: [Parameters<typeof pruneResult>[0], string][] = [
  [
    { ImagesDeleted: [{ Untagged: 'a' }, { Deleted: 'b' }, { Deleted: 'c' }], SpaceReclaimed: 4_261_502 },
    'Removed: 1 image tag, 2 layers; 4.26 MB freed.',
  ],
  [{ VolumesDeleted: ['a'], SpaceReclaimed: 0 }, 'Removed: 1 volume; 0 B freed.'],
  [{ NetworksDeleted: ['a', 'b'] }, 'Removed: 2 networks.'],
  [{ ImagesDeleted: null, SpaceReclaimed: 0 }, 'Nothing to remove.'],
];

for (const [answer, words] of results)
  test(`prune: ${words}`, (t) => {
    t.is(pruneResult(answer), words);
  });

for (const [version, isTold] of [
  ['1.41', false],
  ['1.42', true],
  ['1.51', true],
  ['2.0', true],
  ['', false],
] as const)
  test(`prune: API ${version || 'of no version'} is ${isTold ? '' : 'not '}told that volumes with names go`, (t) => {
    t.is(pruneVolumesPath(version).includes('all'), isTold);
  });

const event = (number: number, type: string, name: string, detail = '') => ({
  number,
  type,
  name,
  detail,
  action: 'start',
  id: 'c1',
  timeMs: 0,
});

test('events: newest first, by type and by text, as many as fit', (t) => {
  const all = [
    event(1, 'container', 'Web-1'),
    event(2, 'image', 'web:1'),
    event(3, 'container', 'db', 'image web:1'),
  ];
  const found = (type: string, search: string, limit = 9) =>
    findEvents(all, { type, search }, limit).map(({ number }) => number);
  t.deepEqual(found('', ''), [3, 2, 1]);
  t.deepEqual(found('container', ''), [3, 1]);
  t.deepEqual(found('', ' WEB '), [3, 2, 1]);
  t.deepEqual(found('container', 'web-1'), [1]);
  t.deepEqual(found('', '', 2), [3, 2]);
  t.deepEqual(typesOf(all), ['container', 'image']);
});
