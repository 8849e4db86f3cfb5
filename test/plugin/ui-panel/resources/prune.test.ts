import test from 'ava';
import { pruneResult, pruneVolumesPath } from '../../../../plugin/ui-panel/resources/prune.js';

const results: [Parameters<typeof pruneResult>[0], string][] = [
  [
    { ImagesDeleted: [{ Untagged: 'a' }, { Deleted: 'b' }, { Deleted: 'c' }], SpaceReclaimed: 4_261_502 },
    'Removed: 1 image tag, 2 layers; 4.26 MB freed.',
  ],
  [{ VolumesDeleted: ['a'], SpaceReclaimed: 0 }, 'Removed: 1 volume; 0 B freed.'],
  [{ NetworksDeleted: ['a', 'b'] }, 'Removed: 2 networks.'],
  [{ ImagesDeleted: null, SpaceReclaimed: 0 }, 'Nothing to remove.'],
];

for (const [answer, text] of results)
  test(`prune: ${text}`, (t) => {
    t.is(pruneResult(answer), text);
  });

for (const [version, hasFilter] of [
  ['1.41', false],
  ['1.42', true],
  ['1.51', true],
  ['2.0', true],
  ['', false],
] as const)
  test(`prune: API ${version || 'of unknown version'} ${hasFilter ? 'gets' : 'does not get'} the filter that includes named volumes`, (t) => {
    t.is(pruneVolumesPath(version).includes('all'), hasFilter);
  });
